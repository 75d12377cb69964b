package mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import mooring.config.Settings;
import mooring.crypto.MasterKey;
import mooring.jobs.Jobs;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.ledger.Wallets;
import mooring.metering.archive.store.ArchiveFolder;
import mooring.responses.store.PostgresKeptResponses;
import mooring.testing.Await;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a running node does unasked.
class HousekeepingTest {

    @TempDir private Path folder;

    @Test
    void creditThatExpiresIsAnnouncedAndTaken() {
        try (LedgerWorld world = new LedgerWorld()) {
            Customer customer = world.customer("Aroha");
            Instant soon = Instant.now().plusSeconds(5);
            credit(world, customer, "2", soon);
            credit(world, customer, "3", soon.plus(Duration.ofDays(6)));
            credit(world, customer, "4", soon.plus(Duration.ofDays(8)));
            Await.until("the first has ended", LedgerWorld.PATIENCE, () -> past(soon));
            try (Jobs jobs = jobs(world)) {
                jobs.start();
                Await.until(
                        "it is taken, and the next announced",
                        LedgerWorld.PATIENCE,
                        () ->
                                world.balance(customer).posted().equals(world.money("7"))
                                        && announced(world).equals(List.of("3.00")));
            }
            assertThat(world.findings()).isEmpty();
        }
    }

    private static boolean past(Instant instant) {
        return Instant.now().isAfter(instant);
    }

    private static void credit(LedgerWorld world, Customer customer, String amount, Instant end) {
        world.wallets.credit(
                customer.organization().id(),
                new Wallets.Credit(
                        world.money(amount), LotKind.PROMOTIONAL, 50, end, "welcome", null));
    }

    private Jobs jobs(LedgerWorld world) {
        return Housekeeping.jobs(
                world.database.database(),
                "node-a",
                world.clock,
                world.ids,
                new ArchiveFolder(folder, "node-a", folder.resolve("archive.log")),
                new PostgresKeptResponses(
                        world.jdbi, MasterKey.parse("0123456789abcdef".repeat(4)), world.clock),
                Settings.load(List.of(), Map.of(), folder));
    }

    private static List<String> announced(LedgerWorld world) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT payload->>'remaining' FROM outbox
                                        WHERE topic = 'wallet.expiring' ORDER BY seq
                                        """)
                                .mapTo(String.class)
                                .list());
    }
}
