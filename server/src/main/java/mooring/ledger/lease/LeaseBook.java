package mooring.ledger.lease;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.Holds;
import mooring.ledger.OwnUse;
import mooring.ledger.Purse;
import mooring.ledger.lease.PurseLease.Reserved;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Holds out of this node's leases, in memory: placing one costs a few small locks. Only when a
/// lease is short does the request wait, together with all others, for one round trip of the
/// [LeaseKeeper].
///
/// For any thread; answers to waiting requests come on the thread that found the money.
public final class LeaseBook implements Holds, OwnUse {

    /// Requests that may wait at once. Beyond it the store is far behind, and the answer would miss
    /// its deadline anyway.
    static final int MAX_WAITING = 10_000;

    private final Clock clock;
    private final LeaseTimings timings;
    private final long origin;
    private final ConcurrentHashMap<Purse, PurseLease> purses = new ConcurrentHashMap<>();

    /// What each running request holds in each of its purses. Who removes the entry ends the hold.
    private final ConcurrentHashMap<RequestId, Long> running = new ConcurrentHashMap<>();

    /// Wallets that requests wait for, and purses to look at for another reason.
    private final Set<PurseLease> thirsty = ConcurrentHashMap.newKeySet();

    private final Set<PurseLease> hungry = ConcurrentHashMap.newKeySet();
    private final Set<PurseLease> recalled = ConcurrentHashMap.newKeySet();
    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong sequence = new AtomicLong();

    private volatile Runnable wake = () -> {};
    private volatile long admitUntil = Long.MIN_VALUE;
    private volatile long failingSince = Long.MAX_VALUE;
    private volatile boolean closing;
    private volatile boolean lost;

    public LeaseBook(Clock clock, LeaseTimings timings) {
        this.clock = clock;
        this.timings = timings;
        this.origin = clock.monotonicNanos();
    }

    /// Tells whom to run when the keeper has something to do; cheap, from any thread.
    public void onWork(Runnable task) {
        this.wake = task;
    }

    @Override
    public HoldDecision place(
            RequestId request, WalletId wallet, List<Purse.OfBudget> budgets, Money amount) {
        Hold nothing = new Hold(request, wallet, budgets, Money.zero(amount.currency()));
        if (!amount.positive()) {
            return new HoldDecision.Granted(nothing.withAmount(amount));
        }
        return decide(nothing, amount);
    }

    @Override
    public HoldDecision extend(Hold hold, Money by) {
        if (!by.positive()) {
            return new HoldDecision.Granted(hold);
        }
        return decide(hold, by);
    }

    @Override
    public void charged(Hold hold, Money charge) {
        long kept = Math.min(charge.nanos(), hold.amount().nanos());
        end(hold, kept, charge.nanos() - kept);
    }

    @Override
    public void release(Hold hold) {
        end(hold, 0, 0);
    }

    @Override
    public void booked(Purse purse, Money charged, Money drawn) {
        PurseLease lease = purses.get(purse);
        if (lease != null) {
            lease.booked(charged.nanos(), drawn.nanos());
        }
    }

    @Override
    public @Nullable Money available(WalletId wallet) {
        PurseLease lease = purses.get(new Purse.OfWallet(wallet));
        long nanos = lease == null ? -1 : lease.available();
        return lease == null || nanos < 0 ? null : new Money(nanos, lease.currency);
    }

    @Override
    public OwnUse.Share share(WalletId wallet) {
        PurseLease lease = purses.get(new Purse.OfWallet(wallet));
        if (lease == null) {
            return OwnUse.Share.NONE;
        }
        OwnUse.Share share = lease.share();
        // The store has closed the leases of a node that was given up; what is in use stays so.
        return lost ? new OwnUse.Share(0, share.inUse(), share.bookings()) : share;
    }

    /// Ends the wait of those whose time is over. Touches memory only, so it works while the keeper
    /// waits for the store. Called every 100 ms or so.
    public void tick() {
        long now = now();
        for (PurseLease wallet : thirsty) {
            for (Waiter waiter : wallet.waiters()) {
                if (now >= waiter.untilNanos && waiter.claim()) {
                    answer(
                            waiter,
                            new HoldDecision.Unavailable(
                                    "the store did not answer within " + timings.longestWait()));
                }
            }
        }
    }

    /// Whether holds can be had from the leases at this moment.
    public boolean admitting() {
        return !closing && !lost && now() < admitUntil;
    }

    /// Whether this life of the node was given up: nothing more is admitted until it starts anew.
    public boolean lost() {
        return lost;
    }

    /// Requests that hold money, for showing and for tests.
    public int runningRequests() {
        return running.size();
    }

    /// What running requests hold in their wallets, in nano units of whatever currency.
    public long heldNanos() {
        return running.values().stream().mapToLong(Long::longValue).sum();
    }

    /// Requests that wait for money now.
    public int waitingRequests() {
        return waiting.get();
    }

    // What the keeper does ------------------------------------------------------------------

    /// Nanoseconds since this book was made, by the node's monotonic clock.
    long now() {
        return clock.monotonicNanos() - origin;
    }

    LeaseTimings timings() {
        return timings;
    }

    long lastSequence() {
        return sequence.get();
    }

    Collection<PurseLease> all() {
        return purses.values();
    }

    Set<PurseLease> thirsty() {
        return thirsty;
    }

    Set<PurseLease> hungry() {
        return hungry;
    }

    Set<PurseLease> recalled() {
        return recalled;
    }

    @Nullable PurseLease find(Purse purse) {
        return purses.get(purse);
    }

    void remove(PurseLease lease) {
        purses.remove(lease.purse, lease);
        hungry.remove(lease);
        recalled.remove(lease);
    }

    void admitUntil(long end) {
        admitUntil = end;
    }

    void failing(boolean failing, long now) {
        if (!failing) {
            failingSince = Long.MAX_VALUE;
        } else if (failingSince == Long.MAX_VALUE) {
            failingSince = now;
        }
    }

    /// Another node needs what is free here. From any thread.
    public void recalled(Purse purse) {
        PurseLease lease = purses.get(purse);
        if (lease != null) {
            lease.recalled(now());
            recalled.add(lease);
            wake.run();
        }
    }

    /// Nothing new is admitted from here on.
    void closing() {
        closing = true;
        refuseAll("stopping");
    }

    boolean isClosing() {
        return closing;
    }

    /// The leases are gone. What runs is settled all the same, from what the wallets have.
    void giveUp() {
        lost = true;
        purses.values().forEach(PurseLease::forget);
        refuseAll("this node was given up");
    }

    /// Answers all who wait for these wallets and for whom there is enough now.
    void serveAll() {
        for (PurseLease wallet : thirsty) {
            serve(wallet);
            quench(wallet);
        }
    }

    /// Refuses who waits since before `until` and lacks money of this purse.
    void refuse(PurseLease lease, long until) {
        long now = now();
        for (PurseLease wallet : thirsty) {
            for (Waiter waiter : wallet.waiters()) {
                if (waiter.sequence <= until
                        && waiter.purses.contains(lease)
                        && waiter.wants.nanos() > lease.usable(now)
                        && waiter.claim()) {
                    answer(waiter, new HoldDecision.Refused(lease.purse, lease.couldCarry()));
                }
            }
        }
    }

    // Deciding ------------------------------------------------------------------------------

    private HoldDecision decide(Hold hold, Money wants) {
        if (closing || lost) {
            return new HoldDecision.Unavailable(lost ? "this node was given up" : "stopping");
        }
        long now = now();
        while (true) {
            List<PurseLease> leases = leases(hold, wants.currency(), now);
            if (now < admitUntil) {
                switch (reserve(leases, wants.nanos(), now)) {
                    case GRANTED, GRANTED_AND_LOW -> {
                        return record(hold, wants, leases, now);
                    }
                    case DROPPED -> {
                        continue;
                    }
                    case SHORT -> {}
                }
            }
            HoldDecision decision = await(hold, wants, leases, now);
            if (decision != null) {
                return decision;
            }
        }
    }

    /// Null when a purse fell out of use meanwhile.
    private @Nullable HoldDecision await(
            Hold hold, Money wants, List<PurseLease> leases, long now) {
        if (failingSince < now && now - failingSince >= timings.longestWait().toNanos()) {
            return new HoldDecision.Unavailable("the store does not answer");
        }
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return new HoldDecision.Unavailable("requests waiting for money: above " + MAX_WAITING);
        }
        Waiter waiter =
                new Waiter(
                        hold,
                        wants,
                        leases,
                        sequence.incrementAndGet(),
                        now + timings.longestWait().toNanos());
        PurseLease wallet = waiter.wallet();
        for (int i = 0; i < leases.size(); i++) {
            if (!leases.get(i).awaited()) {
                leases.subList(0, i).forEach(PurseLease::awaitNoMore);
                waiting.decrementAndGet();
                return null;
            }
        }
        if (!wallet.enqueue(waiter)) {
            leases.forEach(PurseLease::awaitNoMore);
            waiting.decrementAndGet();
            return new HoldDecision.Unavailable("requests waiting for one wallet: too many");
        }
        thirsty.add(wallet);
        if (closing || lost) {
            refuseAll("stopping");
        }
        wake.run();
        return new HoldDecision.Waiting(waiter.answer);
    }

    private List<PurseLease> leases(Hold hold, Currency currency, long now) {
        if (hold.budgets().isEmpty()) {
            return List.of(lease(new Purse.OfWallet(hold.wallet()), currency, now));
        }
        List<PurseLease> leases = new ArrayList<>(1 + hold.budgets().size());
        leases.add(lease(new Purse.OfWallet(hold.wallet()), currency, now));
        for (Purse.OfBudget budget : hold.budgets()) {
            leases.add(lease(budget, currency, now));
        }
        return leases;
    }

    private PurseLease lease(Purse purse, Currency currency, long now) {
        PurseLease known = purses.get(purse);
        return known != null
                ? known
                : purses.computeIfAbsent(
                        purse, each -> new PurseLease(each, currency, timings, now));
    }

    /// In all of these, or in none.
    private Reserved reserve(List<PurseLease> leases, long amount, long now) {
        Reserved result = Reserved.GRANTED;
        for (int i = 0; i < leases.size(); i++) {
            PurseLease lease = leases.get(i);
            Reserved one = lease.reserve(amount, now);
            if (one == Reserved.GRANTED_AND_LOW) {
                hungry.add(lease);
                result = one;
            } else if (one != Reserved.GRANTED) {
                for (int j = 0; j < i; j++) {
                    undo(leases.get(j), amount, now);
                }
                return one;
            }
        }
        if (result == Reserved.GRANTED_AND_LOW) {
            wake.run();
        }
        return result;
    }

    private void undo(PurseLease lease, long amount, long now) {
        // Somebody may have found this money taken and begun to wait.
        if (lease.end(amount, 0, now) || !thirsty.isEmpty()) {
            wake.run();
        }
    }

    private HoldDecision record(Hold hold, Money wants, List<PurseLease> leases, long now) {
        long amount = wants.nanos();
        if (!hold.amount().positive()) {
            running.put(hold.request(), amount);
            return new HoldDecision.Granted(hold.withAmount(wants));
        }
        Long total = running.computeIfPresent(hold.request(), (_, held) -> held + amount);
        if (total == null) {
            leases.forEach(lease -> undo(lease, amount, now));
            return new HoldDecision.Unavailable("the hold has ended: " + hold.request());
        }
        return new HoldDecision.Granted(hold.withAmount(new Money(total, wants.currency())));
    }

    private void end(Hold hold, long kept, long beyond) {
        Long held = running.remove(hold.request());
        long now = now();
        PurseLease wallet = purses.get(new Purse.OfWallet(hold.wallet()));
        if (wallet != null && beyond > 0) {
            wallet.beyondHold(beyond);
        }
        if (held == null) {
            return;
        }
        boolean look = wallet != null && end(wallet, held, kept, now);
        for (Purse.OfBudget budget : hold.budgets()) {
            PurseLease lease = purses.get(budget);
            look |= lease != null && end(lease, held, kept, now);
        }
        if (wallet != null && wallet.waitedFor()) {
            serve(wallet);
        }
        // Others may wait for a budget that this wallet shares with theirs.
        if (look || (!hold.budgets().isEmpty() && !thirsty.isEmpty())) {
            wake.run();
        }
    }

    private static boolean end(PurseLease lease, long held, long kept, long now) {
        return lease.end(held, kept, now);
    }

    private void serve(PurseLease wallet) {
        long now = now();
        if (now >= admitUntil || closing || lost) {
            return;
        }
        for (Waiter waiter : wallet.waiters()) {
            if (!enough(waiter, now) || !waiter.claim()) {
                continue;
            }
            Reserved reserved = reserve(waiter.purses, waiter.wants.nanos(), now);
            if (reserved == Reserved.GRANTED || reserved == Reserved.GRANTED_AND_LOW) {
                answer(waiter, record(waiter.hold, waiter.wants, waiter.purses, now));
            } else {
                waiter.unclaim();
            }
        }
    }

    private static boolean enough(Waiter waiter, long now) {
        for (PurseLease lease : waiter.purses) {
            if (lease.usable(now) < waiter.wants.nanos()) {
                return false;
            }
        }
        return true;
    }

    private void refuseAll(String reason) {
        for (PurseLease wallet : thirsty) {
            for (Waiter waiter : wallet.waiters()) {
                if (waiter.claim()) {
                    answer(waiter, new HoldDecision.Unavailable(reason));
                }
            }
        }
    }

    /// Only by who has claimed it.
    private void answer(Waiter waiter, HoldDecision decision) {
        PurseLease wallet = waiter.wallet();
        wallet.dequeue(waiter);
        waiter.purses.forEach(PurseLease::awaitNoMore);
        waiting.decrementAndGet();
        quench(wallet);
        waiter.answer.complete(decision);
    }

    private void quench(PurseLease wallet) {
        if (!wallet.waitedFor()) {
            thirsty.remove(wallet);
            // Who came between the two lines.
            if (wallet.waitedFor()) {
                thirsty.add(wallet);
            }
        }
    }
}
