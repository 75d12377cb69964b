package mooring.ledger.lease;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.Together;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// One wallet, three nodes, sixty-four threads, real PostgreSQL.
class LeaseRacesTest {

    private static final int THREADS = 64;

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @AfterEach
    void theLedgerVerifies() {
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void moneyForAThousandRequestsOfKnownCostServesExactlyAThousand() { // B23 B34 G8 G10
        Customer customer = world.customer("a thousand", "1000");
        AtomicInteger served = new AtomicInteger();
        try (Fleet fleet = new Fleet("known")) {
            Together.run(
                    THREADS,
                    thread ->
                            () -> {
                                LeaseNode node = fleet.node(thread);
                                while (node.place(world, customer, world.money("1"))
                                        instanceof HoldDecision.Granted(Hold hold)) {
                                    node.charge(world, customer, hold, 1_000_000);
                                    served.incrementAndGet();
                                }
                                return thread;
                            });
            fleet.leave();
        }
        assertThat(served).hasValue(1_000);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("0"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void ofMoneyForAThousandHoldsClientsThatTryAgainSpendAllButTheRestThatHoldsNothing() {
        Customer customer = world.customer("retrying", "1000");
        AtomicLong spent = new AtomicLong();
        try (Fleet fleet = new Fleet("actual")) {
            Together.run(
                    THREADS,
                    thread ->
                            () -> {
                                LeaseNode node = fleet.node(thread);
                                Random random = new Random(thread);
                                int refused = 0;
                                // Money of others' holds comes free, so a client tries again.
                                while (refused < 5) {
                                    HoldDecision decision =
                                            node.place(world, customer, world.money("1"));
                                    if (decision instanceof HoldDecision.Granted(Hold hold)) {
                                        long tokens = 100_000 * random.nextLong(1, 11);
                                        node.charge(world, customer, hold, tokens);
                                        spent.addAndGet(tokens * 1_000);
                                    } else {
                                        assertThat(decision)
                                                .isInstanceOf(HoldDecision.Refused.class);
                                        refused++;
                                    }
                                }
                                return thread;
                            });
            fleet.leave();
        }
        assertThat(spent.get()).isBetween(999_000_000_000L, 1_000_000_000_000L);
        assertThat(world.balance(customer).posted().nanos())
                .isEqualTo(1_000_000_000_000L - spent.get());
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    /// Three nodes.
    private static final class Fleet implements AutoCloseable {
        final List<LeaseNode> nodes = new ArrayList<>();

        Fleet(String name) {
            for (int i = 0; i < 3; i++) {
                nodes.add(new LeaseNode(world, name + "-" + i));
            }
        }

        LeaseNode node(int thread) {
            return nodes.get(thread % nodes.size());
        }

        void leave() {
            Await.until(
                    "drain",
                    LedgerWorld.PATIENCE,
                    () -> nodes.stream().allMatch(LeaseNode::drained));
            nodes.forEach(LeaseNode::leave);
        }

        @Override
        public void close() {
            nodes.forEach(LeaseNode::close);
        }
    }
}
