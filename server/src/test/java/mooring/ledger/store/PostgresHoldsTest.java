package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import mooring.ids.RequestId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.NodeEpoch;
import mooring.ledger.SwitchableStore;
import mooring.money.Money;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Holds when the store is slow, away, or back.
class PostgresHoldsTest {

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void withoutTheStoreNothingIsAdmitted() { // B35
        Customer customer = world.customer("no store", "10");
        SwitchableStore store = new SwitchableStore(world.database);
        store.down(true);
        try (PostgresHolds holds = holds(store, Duration.ofSeconds(5))) {
            HoldDecision decision = place(holds, customer);
            assertThat(decision).isInstanceOf(HoldDecision.Unavailable.class);
            store.down(false);
            assertThat(place(holds, customer)).isInstanceOf(HoldDecision.Granted.class);
        }
    }

    @Test
    void aHoldThatCameTooLateIsGivenBack() { // B33
        Customer customer = world.customer("too late", "10");
        SwitchableStore store = new SwitchableStore(world.database);
        RequestId request = world.ids.nextRequest();
        try (PostgresHolds holds = holds(store, Duration.ofMillis(300))) {
            HoldDecision decision =
                    world.jdbi.inTransaction(
                            handle -> {
                                handle.createUpdate(
                                                """
                                                UPDATE wallet_balance SET held = held
                                                WHERE wallet_id = :wallet
                                                """)
                                        .bind("wallet", customer.principal().wallet().uuid())
                                        .execute();
                                return LedgerWorld.answer(
                                        holds.place(
                                                request,
                                                customer.principal().wallet(),
                                                List.of(),
                                                world.money("1")));
                            });
            assertThat(decision).isInstanceOf(HoldDecision.Unavailable.class);
            // The wallet is free again, so the late hold comes about, and must go.
            Await.until(
                    "release",
                    LedgerWorld.PATIENCE,
                    () ->
                            holds.idle()
                                    && holds.pendingReleases() == 0
                                    && world.balance(customer).held().nanos() == 0);
        }
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aReleaseWaitsForTheStoreToComeBack() { // B33
        Customer customer = world.customer("waits", "10");
        SwitchableStore store = new SwitchableStore(world.database);
        try (PostgresHolds holds = holds(store, Duration.ofSeconds(5))) {
            Hold hold = ((HoldDecision.Granted) place(holds, customer)).hold();
            store.down(true);
            holds.release(hold);
            assertThat(holds.pendingReleases()).isEqualTo(1);
            store.down(false);
            Await.until("release", LedgerWorld.PATIENCE, () -> holds.pendingReleases() == 0);
        }
        assertThat(world.balance(customer).held()).isEqualTo(world.money("0"));
    }

    @Test
    void aFreeRequestHoldsNothingAndNeedsNoStore() {
        Customer customer = world.customer("free");
        HoldDecision decision =
                world.holds.place(
                        world.ids.nextRequest(),
                        customer.principal().wallet(),
                        List.of(),
                        Money.zero(world.currency()));
        assertThat(decision).isInstanceOf(HoldDecision.Granted.class);
    }

    @Test
    void aNodeThatStartsAgainGivesBackWhatItsLastLifeHeldAndSaysSo() {
        Customer customer = world.customer("killed", "10");
        NodeRegistration registration = new NodeRegistration(world.jdbi, world.clock);
        NodeEpoch first = registration.begin("node-k");
        try (PostgresHolds holds =
                new PostgresHolds(world.jdbi, first, world.clock, world.virtualThreads)) {
            place(holds, customer);
            place(holds, customer);
        }
        Hold others = world.granted(customer, "3");

        NodeEpoch second = registration.begin("node-k");
        assertThat(world.findings()).containsOnlyKeys("hold_epoch");
        NodeRegistration.Swept swept = registration.sweep(second);

        assertThat(second.epoch()).isEqualTo(first.epoch() + 1);
        assertThat(swept).isEqualTo(new NodeRegistration.Swept(2, 2_000_000_000));
        assertThat(world.balance(customer).held()).isEqualTo(others.amount());
        assertThat(world.count("unbilled")).isEqualTo(2);
        assertThat(registration.sweep(second).holds()).isZero();
        world.released(others);
        assertThat(world.findings()).isEmpty();
    }

    private static PostgresHolds holds(SwitchableStore store, Duration deadline) {
        return new PostgresHolds(
                store.jdbi(), world.node, world.clock, world.virtualThreads, 4, deadline);
    }

    private static HoldDecision place(PostgresHolds holds, Customer customer) {
        return LedgerWorld.answer(
                holds.place(
                        world.ids.nextRequest(),
                        customer.principal().wallet(),
                        List.of(),
                        world.money("1")));
    }
}
