package mooring.crash;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import mooring.ledger.LeaseStore;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import mooring.money.Money;

/// One process's way to the store: calls fail before they are carried out or after, the store goes
/// away for a while, and the process may die on either side of a call.
final class Line implements LeaseStore, UsageBooks {

    /// What all lines share.
    static final class Network {
        boolean down;
        final Deque<Purse> recalls = new ArrayDeque<>();
    }

    /// Failures in a row while the store is there; more would make it seem away.
    private static final int IN_A_ROW = 2;

    private static final int ONE_CALL_IN = 60;

    private final Bank bank;
    private final Network network;
    private final mooring.crash.Pulse pulse;
    private final RandomGenerator random;
    private int failures;
    boolean calm;

    Line(Bank bank, Network network, mooring.crash.Pulse pulse, RandomGenerator random) {
        this.bank = bank;
        this.network = network;
        this.pulse = pulse;
        this.random = random;
    }

    NodeEpoch begin(String node) {
        return call(() -> bank.begin(node));
    }

    @Override
    public List<Grant> acquire(NodeEpoch node, List<Need> needs) {
        return call(() -> bank.acquire(node, needs));
    }

    @Override
    public void giveBack(NodeEpoch node, List<Return> returns) {
        run(() -> bank.giveBack(node, returns));
    }

    @Override
    public void recall(NodeEpoch node, List<Purse> purses) {
        run(() -> bank.recall(node, purses));
        network.recalls.addAll(purses);
    }

    @Override
    public LeaseStore.Pulse heartbeat(NodeEpoch node, Duration length, Map<Purse, Money> inUse) {
        return call(() -> bank.heartbeat(node, length, inUse));
    }

    @Override
    public void close(NodeEpoch node) {
        run(() -> bank.close(node));
    }

    @Override
    public List<Booking> book(List<Outcome> outcomes) {
        return call(() -> bank.book(outcomes));
    }

    private void run(Runnable work) {
        call(
                () -> {
                    work.run();
                    return true;
                });
    }

    private <T> T call(Supplier<T> work) {
        pulse.beat();
        int dice = calm || failures >= IN_A_ROW ? ONE_CALL_IN : random.nextInt(ONE_CALL_IN);
        if (network.down || dice == 0) {
            failures++;
            throw new Away();
        }
        T answer = work.get();
        if (dice == 1) {
            failures++;
            throw new Away();
        }
        failures = 0;
        pulse.beat();
        return answer;
    }
}
