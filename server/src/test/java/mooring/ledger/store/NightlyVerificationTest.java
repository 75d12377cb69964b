package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import org.junit.jupiter.api.Test;

class NightlyVerificationTest {

    @Test
    void soundBooksRaiseNoAlarmAndADifferenceDoesWithItsRows() {
        try (LedgerWorld world = new LedgerWorld()) {
            Customer customer = world.customer("kea", "10");
            world.jdbi.useHandle(handle -> handle.execute("DELETE FROM outbox"));
            NightlyVerification nightly = new NightlyVerification(world.verifier, world.jdbi);
            assertThat(NightlyVerification.newest(world.jdbi)).isEmpty();
            assertThat(nightly.run().ok()).isTrue();
            assertThat(world.count("outbox")).isZero();
            assertThat(newest(world).differences()).isZero();

            world.jdbi.useHandle(
                    handle -> handle.execute("UPDATE wallet_balance SET posted = posted + 3"));
            assertThat(nightly.run().ok()).isFalse();
            assertThat(newest(world).differences()).isEqualTo(2);
            assertThat(newest(world).checkedAt()).isBeforeOrEqualTo(world.clock.now());
            List<String> events =
                    world.jdbi.withHandle(
                            handle ->
                                    handle.createQuery(
                                                    """
                                                    SELECT topic || ' ' || key || ' ' || payload
                                                    FROM outbox ORDER BY seq
                                                    """)
                                            .mapTo(String.class)
                                            .list());
            assertThat(events)
                    .hasSize(2)
                    .anySatisfy(
                            event ->
                                    assertThat(event)
                                            .startsWith("ledger.difference wallet_posted")
                                            .contains(customer.principal().wallet().toString()))
                    .anySatisfy(
                            event -> assertThat(event).startsWith("ledger.difference wallet_lots"));
        }
    }

    private static NightlyVerification.Result newest(LedgerWorld world) {
        return NightlyVerification.newest(world.jdbi).orElseThrow();
    }
}
