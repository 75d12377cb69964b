package mooring.ledger.lease;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import mooring.ledger.EpochClosedException;
import mooring.ledger.LeaseStore;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Currency;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Leases by the rules of the database, in memory, with failures on demand. For one thread.
final class MemoryLeaseStore implements LeaseStore {

    /// How the next calls fail.
    enum Fault {
        NONE,
        /// Nothing was done.
        BEFORE,
        /// All was done and the answer was lost.
        AFTER
    }

    static final class Lease {
        long amount;
        long inUse;
        long operation;
        long moved;
        boolean recalled;
    }

    static final class Pot {
        long posted;
        long held;
        @Nullable Duration validFor;
        final Map<NodeEpoch, Lease> leases = new LinkedHashMap<>();

        long left() {
            return posted - held;
        }
    }

    static final class StoreDown extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    final Map<Purse, Pot> pots = new LinkedHashMap<>();
    final Map<NodeEpoch, Long> until = new HashMap<>();
    final MovableClock clock;
    Fault fault = Fault.NONE;
    int calls;
    int acquisitions;
    Consumer<Purse> notices = _ -> {};

    MemoryLeaseStore(MovableClock clock) {
        this.clock = clock;
    }

    Pot pot(Purse purse, long posted) {
        Pot pot = pots.computeIfAbsent(purse, _ -> new Pot());
        pot.posted += posted;
        return pot;
    }

    /// What a settlement does.
    void draw(Purse purse, NodeEpoch node, long amount) {
        if (amount == 0) {
            return;
        }
        Pot pot = pot(purse, 0);
        Lease lease = pot.leases.get(node);
        if (lease == null || lease.amount < amount) {
            throw new AssertionError(purse + " of " + node + ": draws " + amount);
        }
        lease.amount -= amount;
        pot.held -= amount;
        pot.posted -= amount;
    }

    @Override
    public List<Grant> acquire(NodeEpoch node, List<Need> needs) {
        acquisitions++;
        enter(node);
        List<Grant> grants = new ArrayList<>();
        for (Need need : needs) {
            Pot pot = pot(need.purse(), 0);
            Lease lease = pot.leases.get(node);
            long granted;
            if (lease != null && lease.operation == need.operation()) {
                granted = lease.moved;
            } else {
                granted = granted(pot.left(), need);
                if (granted > 0) {
                    Lease grown = pot.leases.computeIfAbsent(node, _ -> new Lease());
                    grown.amount += granted;
                    grown.inUse = need.inUse().nanos();
                    grown.operation = need.operation();
                    grown.moved = granted;
                    pot.held += granted;
                }
            }
            grants.add(new Grant(need.purse(), usd(granted), standing(pot, node), pot.validFor));
        }
        leave();
        return grants;
    }

    private static long granted(long left, Need need) {
        long wanted = need.need().nanos();
        if (left <= 0 || left < need.least().nanos()) {
            return 0;
        }
        return left < wanted
                ? left
                : wanted + Math.min(need.wish().nanos() - wanted, (left - wanted) / 4);
    }

    @Override
    public void giveBack(NodeEpoch node, List<Return> returns) {
        LeaseStore.requireEachPurseOnce(returns);
        calls++;
        failBefore();
        for (Return back : returns) {
            Pot pot = pot(back.purse(), 0);
            Lease lease = pot.leases.get(node);
            if (lease == null) {
                continue;
            }
            if (lease.operation != back.operation()) {
                if (lease.amount < back.amount().nanos()) {
                    throw new AssertionError(back + " of " + lease.amount);
                }
                lease.amount -= back.amount().nanos();
                pot.held -= back.amount().nanos();
                lease.inUse = back.inUse().nanos();
                lease.operation = back.operation();
                lease.moved = back.amount().nanos();
                lease.recalled = false;
            }
            if (back.last() && lease.amount == 0) {
                pot.leases.remove(node);
            }
        }
        leave();
    }

    @Override
    public void recall(NodeEpoch node, List<Purse> purses) {
        calls++;
        failBefore();
        for (Purse purse : purses) {
            pot(purse, 0)
                    .leases
                    .forEach(
                            (holder, lease) -> {
                                if (!holder.node().equals(node.node())
                                        && lease.amount > 0
                                        && alive(holder)
                                        && !lease.recalled) {
                                    lease.recalled = true;
                                    notices.accept(purse);
                                }
                            });
        }
        leave();
    }

    @Override
    public Pulse heartbeat(NodeEpoch node, Duration length, Map<Purse, Money> inUse) {
        enter(node);
        until.put(node, clock.monotonicNanos() + length.toNanos());
        Map<Purse, Standing> standings = new HashMap<>();
        inUse.forEach(
                (purse, money) -> {
                    Pot pot = pot(purse, 0);
                    Lease lease = pot.leases.get(node);
                    if (lease != null) {
                        lease.inUse = money.nanos();
                    }
                    standings.put(purse, standing(pot, node));
                });
        List<Purse> recalled = new ArrayList<>();
        pots.forEach(
                (purse, pot) -> {
                    Lease lease = pot.leases.get(node);
                    if (lease != null && lease.recalled) {
                        recalled.add(purse);
                    }
                });
        leave();
        return new Pulse(standings, recalled);
    }

    @Override
    public void close(NodeEpoch node) {
        for (Pot pot : pots.values()) {
            pot.leases
                    .entrySet()
                    .removeIf(
                            entry -> {
                                boolean older =
                                        entry.getKey().node().equals(node.node())
                                                && entry.getKey().epoch() < node.epoch();
                                if (older) {
                                    pot.held -= entry.getValue().amount;
                                }
                                return older;
                            });
        }
    }

    void begin(NodeEpoch node) {
        until.put(node, 0L);
    }

    void end(NodeEpoch node) {
        until.remove(node);
    }

    private Standing standing(Pot pot, NodeEpoch node) {
        long elsewhere = 0;
        int holders = 0;
        int unanswered = 0;
        for (Map.Entry<NodeEpoch, Lease> each : pot.leases.entrySet()) {
            Lease lease = each.getValue();
            if (each.getKey().equals(node) || lease.amount == 0 || !alive(each.getKey())) {
                continue;
            }
            elsewhere += Math.max(0, lease.amount - lease.inUse);
            holders++;
            unanswered += lease.recalled ? 1 : 0;
        }
        return new Standing(usd(Math.max(0, pot.left())), usd(elsewhere), holders, unanswered);
    }

    private boolean alive(NodeEpoch node) {
        Long end = until.get(node);
        return end != null && end > clock.monotonicNanos();
    }

    private void enter(NodeEpoch node) {
        calls++;
        failBefore();
        if (!until.containsKey(node)) {
            throw new EpochClosedException(node);
        }
    }

    private void failBefore() {
        if (fault == Fault.BEFORE) {
            throw new StoreDown();
        }
    }

    private void leave() {
        if (fault == Fault.AFTER) {
            throw new StoreDown();
        }
    }

    static Money usd(long nanos) {
        return new Money(nanos, Currency.USD);
    }
}
