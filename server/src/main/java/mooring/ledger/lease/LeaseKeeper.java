package mooring.ledger.lease;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.ledger.EpochClosedException;
import mooring.ledger.LeaseStore;
import mooring.ledger.LeaseStore.Grant;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LeaseStore.Pulse;
import mooring.ledger.LeaseStore.Return;
import mooring.ledger.LeaseStore.Standing;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.lease.PurseLease.Surplus;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a node's leases as large as its requests need: leases, gives back, answers recalls, and
/// lets the node be heard. Has no thread: somebody calls [#step] whenever there is work, one thread
/// at a time.
///
/// A call of the store that failed is repeated unchanged before any other, because it may have been
/// carried out.
public final class LeaseKeeper {

    /// Purses in one round trip; a batch of this size is done in some milliseconds.
    static final int MAX_BATCH = 500;

    /// Purses whose use one heartbeat reports.
    private static final int MAX_REPORTED = 500;

    /// Between two looks for money that other nodes were asked for.
    private static final long FIRST_RETRY_NANOS = 4_000_000;

    private static final long LONGEST_RETRY_NANOS = 32_000_000;

    /// After a failing call of the store.
    private static final long FIRST_PAUSE_NANOS = 50_000_000;

    private static final long LONGEST_PAUSE_NANOS = 1_000_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    /// Money found short, and other nodes asked for theirs.
    ///
    /// @param sequence who came later has to ask anew
    private record Recall(long begun, long sequence, long retryAt, long pause) {
        Recall later(long now) {
            return new Recall(
                    begun, sequence, now + pause, Math.min(pause * 2, LONGEST_RETRY_NANOS));
        }
    }

    /// What waiting requests want of a purse.
    private record Demand(long total, long smallest) {
        Demand plus(long amount) {
            return new Demand(Math.addExact(total, amount), Math.min(smallest, amount));
        }
    }

    /// From one refill of purses to the next. What is left by then lasts for half a second, and a
    /// call costs the store as much as a purse does.
    private static final long REFILL_NANOS = 25_000_000;

    private final LeaseBook book;
    private final LeaseStore store;
    private final NodeEpoch node;
    private final LeaseTimings timings;
    private final Map<PurseLease, Recall> recalls = new HashMap<>();
    private final Set<PurseLease> toldThisRound = new HashSet<>();
    private List<Need> openNeeds = List.of();
    private List<Return> openReturns = List.of();
    private long operation;
    private long nextHeartbeat = Long.MIN_VALUE;
    private long nextSweep = Long.MIN_VALUE;
    private long nextRefill = Long.MIN_VALUE;
    private long notBefore = Long.MIN_VALUE;
    private long pause = FIRST_PAUSE_NANOS;

    public LeaseKeeper(LeaseBook book, LeaseStore store, NodeEpoch node) {
        this.book = book;
        this.store = store;
        this.node = node;
        this.timings = book.timings();
    }

    /// Does what there is to do, at most one round trip of each kind. Blocks as long as the store
    /// does.
    ///
    /// @return after how many nanoseconds to call again at the latest; 0 when more is waiting
    public long step() {
        long now = book.now();
        if (book.lost()) {
            return timings.heartbeat().toNanos();
        }
        if (now < notBefore) {
            return notBefore - now;
        }
        try {
            if (now >= nextHeartbeat) {
                heartbeat();
            }
            repeatOpenCalls();
            giveBack();
            book.serveAll();
            acquire();
            book.failing(false, now);
            pause = FIRST_PAUSE_NANOS;
        } catch (EpochClosedException e) {
            LOG.error("{}; nothing is admitted until this node starts again", e.getMessage());
            openNeeds = List.of();
            openReturns = List.of();
            book.giveUp();
            return timings.heartbeat().toNanos();
        } catch (RuntimeException e) {
            if (pause == FIRST_PAUSE_NANOS) {
                LOG.warn("leases: the store failed, trying again: {}", e.toString());
            }
            book.failing(true, now);
            notBefore = book.now() + pause;
            pause = Math.min(pause * 2, LONGEST_PAUSE_NANOS);
            return Math.max(0, notBefore - book.now());
        }
        return untilNext(book.now());
    }

    /// Admits nothing more from here on; each step gives back what has become free.
    public void close() {
        book.closing();
    }

    /// Whether everything is given back: no request runs, and all charges are booked.
    public boolean closed() {
        return book.isClosing() && book.all().isEmpty() && openReturns.isEmpty();
    }

    private void heartbeat() {
        Map<Purse, Money> inUse = new LinkedHashMap<>();
        List<PurseLease> reported = toReport();
        reported.forEach(lease -> inUse.put(lease.purse, money(lease, lease.inUse())));
        // Measured from before the call: the store's clock starts to count later than ours.
        long sent = book.now();
        Pulse pulse = store.heartbeat(node, timings.length(), inUse);
        book.admitUntil(sent + timings.length().minus(timings.margin()).toNanos());
        nextHeartbeat = sent + timings.heartbeat().toNanos();
        for (PurseLease lease : reported) {
            Money told = inUse.get(lease.purse);
            if (told != null) {
                lease.told(told.nanos());
            }
        }
        pulse.standings()
                .forEach(
                        (purse, standing) -> {
                            PurseLease lease = book.find(purse);
                            if (lease != null) {
                                lease.know(standing);
                            }
                        });
        pulse.recalled().forEach(book::recalled);
    }

    /// Those of which more or less is in use than was told. When they are more than one heartbeat
    /// takes, those that were told longest ago come first.
    private List<PurseLease> toReport() {
        List<PurseLease> fresh = new ArrayList<>();
        List<PurseLease> again = new ArrayList<>();
        for (PurseLease lease : book.all()) {
            if (lease.changedInUse()) {
                (toldThisRound.contains(lease) ? again : fresh).add(lease);
            }
        }
        if (fresh.size() < MAX_REPORTED) {
            toldThisRound.clear();
            fresh.addAll(again);
        }
        List<PurseLease> some = fresh.subList(0, Math.min(fresh.size(), MAX_REPORTED));
        toldThisRound.addAll(some);
        return some;
    }

    private void repeatOpenCalls() {
        if (!openReturns.isEmpty()) {
            store.giveBack(node, openReturns);
            openReturns = List.of();
        }
        if (!openNeeds.isEmpty()) {
            apply(openNeeds, callAcquire());
        }
    }

    // Giving back ---------------------------------------------------------------------------

    private void giveBack() {
        long now = book.now();
        List<Return> returns = new ArrayList<>();
        // What becomes free behind the first look at a purse waits for the next call.
        Set<Purse> returned = new HashSet<>();
        for (PurseLease lease : book.recalled()) {
            if (returns.size() >= MAX_BATCH) {
                nextSweep = now;
                break;
            }
            addSurplus(returns, returned, lease, now);
            if (!lease.recalledStill(now)) {
                book.recalled().remove(lease);
            }
        }
        for (PurseLease lease : demands().keySet()) {
            // Leased anew below, for as long as the next money is good.
            if (lease.expired(now)) {
                addSurplus(returns, returned, lease, now);
            }
        }
        if (now >= nextSweep || book.isClosing()) {
            nextSweep = now + timings.sweep().toNanos();
            for (PurseLease lease : book.all()) {
                if (returns.size() >= MAX_BATCH) {
                    nextSweep = now;
                    break;
                }
                addSurplus(returns, returned, lease, now);
            }
        }
        if (!returns.isEmpty()) {
            openReturns = returns;
            store.giveBack(node, openReturns);
            openReturns = List.of();
        }
    }

    private void addSurplus(List<Return> returns, Set<Purse> returned, PurseLease lease, long now) {
        if (returned.contains(lease.purse)) {
            return;
        }
        Surplus surplus = lease.surplus(now, book.isClosing());
        if (surplus == null) {
            return;
        }
        if (surplus.last()) {
            book.remove(lease);
        }
        returned.add(lease.purse);
        returns.add(
                new Return(
                        lease.purse,
                        ++operation,
                        money(lease, surplus.amount()),
                        money(lease, surplus.inUse()),
                        surplus.last()));
    }

    // Leasing -------------------------------------------------------------------------------

    private void acquire() {
        long now = book.now();
        Map<PurseLease, Demand> demands = demands();
        recalls.keySet().retainAll(demands.keySet());
        List<Need> needs = new ArrayList<>();
        demands.forEach((lease, demand) -> addNeed(needs, lease, demand, now));
        addRefills(needs, now);
        if (needs.isEmpty()) {
            return;
        }
        long sequence = book.lastSequence();
        openNeeds = needs;
        List<Grant> grants = callAcquire();
        apply(needs, grants);
        book.serveAll();
        judge(needs, grants, demands, sequence);
    }

    /// Purses that will need more soon, gathered for one call; with a call that goes anyway, at
    /// once. What finds no room in this batch stays hungry, and is in the next one.
    private void addRefills(List<Need> needs, long now) {
        if (needs.isEmpty() && now < nextRefill) {
            return;
        }
        nextRefill = now + REFILL_NANOS;
        Set<Purse> asked = new HashSet<>();
        needs.forEach(need -> asked.add(need.purse()));
        for (PurseLease lease : book.hungry()) {
            if (needs.size() >= MAX_BATCH) {
                nextRefill = now;
                return;
            }
            book.hungry().remove(lease);
            long refill = asked.contains(lease.purse) ? 0 : lease.refill(now);
            if (refill > 0) {
                needs.add(need(lease, 0, 0, refill));
            }
        }
    }

    private List<Grant> callAcquire() {
        List<Grant> grants = store.acquire(node, openNeeds);
        openNeeds = List.of();
        return grants;
    }

    private Map<PurseLease, Demand> demands() {
        Map<PurseLease, Demand> demands = new LinkedHashMap<>();
        for (PurseLease wallet : book.thirsty()) {
            for (Waiter waiter : wallet.waiters()) {
                long amount = waiter.wants.nanos();
                for (PurseLease lease : waiter.purses) {
                    demands.merge(lease, new Demand(amount, amount), (sum, _) -> sum.plus(amount));
                }
            }
        }
        return demands;
    }

    private void addNeed(List<Need> needs, PurseLease lease, Demand demand, long now) {
        Recall recall = recalls.get(lease);
        long usable = lease.usable(now);
        long need = demand.total() - usable;
        if (need <= 0 || needs.size() >= MAX_BATCH || (recall != null && now < recall.retryAt())) {
            return;
        }
        long least = Math.max(1, demand.smallest() - usable);
        needs.add(need(lease, least, need, need + lease.slice(demand.smallest(), now)));
    }

    private Need need(PurseLease lease, long least, long need, long wish) {
        return new Need(
                lease.purse,
                ++operation,
                money(lease, least),
                money(lease, need),
                money(lease, wish),
                money(lease, lease.inUse()));
    }

    private void apply(List<Need> needs, List<Grant> grants) {
        long now = book.now();
        for (int i = 0; i < needs.size(); i++) {
            Need need = needs.get(i);
            Grant grant = grants.get(i);
            PurseLease lease = book.find(need.purse());
            if (lease == null) {
                throw new IllegalStateException(need.purse() + " was dropped while it was leased");
            }
            if (grant.granted().positive()) {
                // Otherwise the store has kept nothing of this need.
                lease.told(need.inUse().nanos());
            }
            boolean reduced = grant.granted().compareTo(need.wish()) < 0;
            lease.granted(grant.granted().nanos(), grant.standing(), reduced, now);
            if (grant.validFor() != null) {
                lease.validUntil(now + grant.validFor().toNanos());
            }
        }
    }

    /// Who could not be served is refused once no other node has anything to give back.
    private void judge(
            List<Need> needs, List<Grant> grants, Map<PurseLease, Demand> demands, long sequence) {
        long now = book.now();
        Map<PurseLease, Recall> toRecall = new LinkedHashMap<>();
        for (int i = 0; i < needs.size(); i++) {
            Need need = needs.get(i);
            Grant grant = grants.get(i);
            PurseLease lease = book.find(need.purse());
            Demand demand = lease == null ? null : demands.get(lease);
            if (lease == null || demand == null) {
                continue;
            }
            Recall recall = recalls.get(lease);
            if (grant.granted().compareTo(need.need()) >= 0) {
                recalls.remove(lease);
            } else if (recall == null) {
                if (grant.standing().holders() == 0) {
                    book.refuse(lease, sequence);
                } else {
                    toRecall.put(lease, new Recall(now, sequence, now, FIRST_RETRY_NANOS));
                }
            } else if (now - recall.begun() >= timings.patience().toNanos()
                    || nothingToCome(lease, grant.standing(), demand.smallest())) {
                recalls.remove(lease);
                book.refuse(lease, recall.sequence());
            } else if (grant.standing().unanswered() == 0) {
                // Money moved to another node after that had answered.
                toRecall.put(lease, recall);
            } else {
                recalls.put(lease, recall.later(now));
            }
        }
        if (!toRecall.isEmpty()) {
            recall(toRecall);
        }
    }

    /// Whether all other nodes have answered, and what they said does not make a hold.
    private boolean nothingToCome(PurseLease lease, Standing standing, long smallest) {
        long unused = standing.left().plus(standing.elsewhere()).nanos();
        return standing.unanswered() == 0 && unused + lease.usable(book.now()) < smallest;
    }

    private void recall(Map<PurseLease, Recall> leases) {
        store.recall(node, leases.keySet().stream().map(lease -> lease.purse).toList());
        long now = book.now();
        leases.forEach((lease, recall) -> recalls.put(lease, recall.later(now)));
    }

    private long untilNext(long now) {
        for (Map.Entry<PurseLease, Demand> each : demands().entrySet()) {
            PurseLease lease = each.getKey();
            // What has enough waits for the request's other purses.
            if (each.getValue().total() > lease.usable(now) && !recalls.containsKey(lease)) {
                return 0;
            }
        }
        long next = Math.min(nextHeartbeat, nextSweep);
        if (!book.hungry().isEmpty()) {
            next = Math.min(next, nextRefill);
        }
        for (Recall recall : recalls.values()) {
            next = Math.min(next, recall.retryAt());
        }
        return Math.max(0, next - now);
    }

    private static Money money(PurseLease lease, long nanos) {
        Currency currency = lease.currency;
        return new Money(nanos, currency);
    }

    /// For showing: what this node has leased of a purse; null when nothing.
    public @Nullable Money leased(Purse purse) {
        PurseLease lease = book.find(purse);
        return lease == null ? null : money(lease, lease.leased());
    }
}
