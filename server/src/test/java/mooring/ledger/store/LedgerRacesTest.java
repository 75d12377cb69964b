package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import mooring.ids.RequestId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.Together;
import mooring.ledger.Wallets;
import mooring.metering.Settlement;
import mooring.metering.UsageRecord;
import mooring.metering.store.PostgresSettlements;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Money under many hands at once.
class LedgerRacesTest {

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
    void sixtyFourThreadsOnOneWalletGetExactlyTheHoldsThatItsMoneyCarries() { // B34
        Customer customer = world.customer("one wallet", "17.50");
        List<HoldDecision> decisions =
                Together.run(
                        64,
                        _ ->
                                () ->
                                        world.place(
                                                world.ids.nextRequest(),
                                                customer,
                                                world.money("1")));
        assertThat(decisions).filteredOn(HoldDecision.Granted.class::isInstance).hasSize(17);
        assertThat(decisions)
                .filteredOn(HoldDecision.Refused.class::isInstance)
                .hasSize(47)
                .allSatisfy(
                        refused ->
                                assertThat(((HoldDecision.Refused) refused).available())
                                        .isLessThan(world.money("1")));
        assertThat(world.balance(customer).available()).isEqualTo(world.money("0.5"));
    }

    @Test
    void oneRecordSettledByEightThreadsTwiceIsBookedOnce() {
        Customer customer = world.customer("repeated", "10");
        Hold hold = world.granted(customer, "1");
        UsageRecord record = world.record(customer, hold, 250_000);
        try (PostgresSettlements otherNode =
                new PostgresSettlements(world.jdbi, "node-b", world.clock, world.ids)) {
            List<List<Settlement>> settled =
                    Together.run(
                            8,
                            i ->
                                    () -> {
                                        var node = i % 2 == 0 ? world.settlements : otherNode;
                                        return List.of(
                                                LedgerWorld.get(node.settle(record)),
                                                LedgerWorld.get(node.settle(record)));
                                    });
            assertThat(settled.stream().flatMap(List::stream))
                    .hasSize(16)
                    .allSatisfy(one -> assertThat(one.payable()).isEqualTo(world.money("0.25")));
        }
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("9.75"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void aReleaseAgainstASettlementEndsTheHoldOnceAndStillCharges() { // B33
        Customer customer = world.customer("ended twice", "100");
        List<Hold> holds = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            holds.add(world.granted(customer, "1"));
        }
        Together.run(
                80,
                i ->
                        () -> {
                            Hold hold = holds.get(i / 2);
                            if (i % 2 == 0) {
                                world.holds.release(hold);
                            } else {
                                world.settle(world.record(customer, hold, 500_000));
                            }
                            return i;
                        });
        Await.until("releases", LedgerWorld.PATIENCE, () -> world.holds.pendingReleases() == 0);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("80"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void anExtensionAgainstASettlementLeavesNothingHeld() {
        Customer customer = world.customer("extended", "1000");
        List<Hold> holds = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            holds.add(world.granted(customer, "1"));
        }
        Together.run(
                60,
                i ->
                        () -> {
                            Hold hold = holds.get(i / 2);
                            if (i % 2 == 0) {
                                LedgerWorld.answer(world.holds.extend(hold, world.money("2")));
                            } else {
                                world.settle(world.record(customer, hold, 1_000_000));
                            }
                            return i;
                        });
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("970"));
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void oneIdempotencyKeyFromTwentyThreadsCreditsOnce() {
        Customer customer = world.customer("credited");
        List<Wallets.Credited> credits =
                Together.run(
                        20,
                        _ ->
                                () ->
                                        world.wallets.credit(
                                                customer.organization().id(),
                                                world.money("5"),
                                                Wallets.Source.PAID,
                                                "bank transfer",
                                                "invoice 7"));
        assertThat(credits).filteredOn(credit -> !credit.replayed()).hasSize(1);
        assertThat(credits.stream().map(Wallets.Credited::transfer).distinct()).hasSize(1);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("5"));
    }

    @Test
    void manyCustomersRunDryAndNoneGoesBelowItsFloor() {
        List<Customer> customers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            customers.add(world.customer("dry " + i, "3"));
        }
        Together.run(
                12,
                thread ->
                        () -> {
                            Random random = new Random(thread);
                            for (int i = 0; i < 25; i++) {
                                runOneRequest(
                                        customers.get(random.nextInt(customers.size())), random);
                            }
                            return thread;
                        });
        Await.until("releases", LedgerWorld.PATIENCE, () -> world.holds.pendingReleases() == 0);
        for (Customer customer : customers) {
            assertThat(world.balance(customer).available().negative()).isFalse();
            assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
        }
    }

    @Test
    void aBatchOfOneNodeAndOneOfAnotherOnTheSameWalletsBothPass() {
        List<Customer> customers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            customers.add(world.customer("shared " + i, "100"));
        }
        try (PostgresSettlements otherNode =
                new PostgresSettlements(world.jdbi, "node-b", world.clock, world.ids)) {
            Together.run(
                    16,
                    i ->
                            () -> {
                                var node = i % 2 == 0 ? world.settlements : otherNode;
                                for (int round = 0; round < 20; round++) {
                                    int pick = ThreadLocalRandom.current().nextInt(5);
                                    Customer customer = customers.get(pick);
                                    LedgerWorld.get(
                                            node.settle(
                                                    world.record(
                                                            customer,
                                                            world.noHold(customer),
                                                            10_000)));
                                }
                                return i;
                            });
        }
        long spent = 0;
        for (Customer customer : customers) {
            spent += 100_000_000_000L - world.balance(customer).posted().nanos();
        }
        assertThat(spent).isEqualTo(16L * 20 * 10_000 * 1_000);
    }

    private static void runOneRequest(Customer customer, Random random) {
        RequestId request = world.ids.nextRequest();
        HoldDecision decision = world.place(request, customer, world.money("0.20"));
        if (decision instanceof HoldDecision.Granted(Hold hold)) {
            if (random.nextInt(4) == 0) {
                world.holds.release(hold);
            } else {
                // Up to half above what is held.
                world.settle(world.record(customer, hold, random.nextInt(300_000)));
            }
        }
    }
}
