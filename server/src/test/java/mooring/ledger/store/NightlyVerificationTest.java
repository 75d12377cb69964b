package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
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
            List<Long> told = new ArrayList<>();
            NightlyVerification nightly =
                    new NightlyVerification(world.verifier, world.jdbi, told::add);
            assertThat(nightly.run().ok()).isTrue();
            assertThat(world.count("outbox")).isZero();

            world.jdbi.useHandle(
                    handle -> handle.execute("UPDATE wallet_balance SET posted = posted + 3"));
            assertThat(nightly.run().ok()).isFalse();
            assertThat(told).containsExactly(0L, 2L);
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
}
