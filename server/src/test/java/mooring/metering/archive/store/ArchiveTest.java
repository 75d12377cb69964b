package mooring.metering.archive.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import mooring.ids.RequestId;
import mooring.ledger.Hold;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.metering.ArchiveException;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestLog.Filter;
import mooring.metering.UsageReports;
import mooring.metering.store.PostgresRequestLog;
import mooring.metering.store.PostgresUsageReports;
import mooring.money.Money;
import mooring.testing.Settlements;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Cold days on their way out of the database and back into sight.
class ArchiveTest {

    private static final Instant FROM = Instant.parse("2026-08-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2026-08-03T00:00:00Z");
    private static final LocalDate DAY = LocalDate.of(2026, 8, 1);
    private static final int COUNT = 4_000;

    @TempDir Path folder = Path.of("");

    private LedgerWorld world;
    private Customer customer;
    private ArchiveFolder archive;
    private Archiver archiver;
    private PostgresRequestLog log;

    @BeforeEach
    void open() {
        world = new LedgerWorld();
        customer = world.customer("cold", "1");
        world.jdbi.useHandle(
                handle ->
                        handle.execute("SELECT make_usage_partitions('2026-08-01', '2026-08-02')"));
        Settlements.spread(world, customer, FROM, TO, COUNT);
        archive = new ArchiveFolder(folder, "n", folder.resolve("worker.log"));
        archiver = new Archiver(world.jdbi, archive, "n", world.clock, 45);
        log =
                new PostgresRequestLog(
                        world.jdbi, world.clock, new ParquetArchive(world.jdbi, archive));
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void anArchivedDayIsStillFoundListedAndExportedAsItWas() {
        List<LoggedRequest> before = export();
        long charge = charge();

        assertThat(archiver.run()).isEqualTo(2);

        assertThat(world.count("settlement")).isZero();
        assertThat(world.count("usage_archive")).isEqualTo(4);
        assertThat(folder.resolve("settlement/2026-08-01.json"))
                .content()
                .contains("\"rows\" : 2000");
        List<LoggedRequest> after = export();
        assertThat(after).allMatch(LoggedRequest::archived);
        assertThat(after)
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("archived")
                .isEqualTo(before);
        RequestId id = before.get(COUNT / 2).id();
        assertThat(log.find(customer.organization().id(), id).orElseThrow().id()).isEqualTo(id);
        var page = log.page(customer.organization().id(), Filter.all(FROM, TO), null, 10);
        assertThat(page.requests())
                .extracting(LoggedRequest::id)
                .isEqualTo(before.stream().limit(10).map(LoggedRequest::id).toList());
        Filter byClient =
                new Filter(FROM, TO, "=cmd|7\"x, y", null, null, null, Set.of("stop"), null, null);
        List<LoggedRequest> found = new ArrayList<>();
        log.export(customer.organization().id(), byClient, found::add);
        assertThat(found).hasSize(1);
        // Sums stay in the database, for ever.
        assertThat(charge()).isEqualTo(charge);
        assertThat(archiver.run()).isZero();
    }

    @Test
    void theLedgerVerifiesWithArchivedDaysAndADifferenceThereIsStillFound() {
        try (LedgerWorld real = new LedgerWorld()) {
            real.clock.standStill();
            Customer payer = real.customer("payer", "0.01");
            for (int i = 0; i < 5; i++) {
                // The last ones fall short.
                real.settle(real.record(payer, real.noHold(payer), 2_000_000));
            }
            LocalDate today = LocalDate.ofInstant(real.clock.now(), ZoneOffset.UTC);
            new Archiver(real.jdbi, archive, "n", real.clock, 45).archive(today);
            assertThat(real.count("settlement")).isZero();
            assertThat(real.findings()).isEmpty();
            assertFound(
                    real,
                    "UPDATE usage_minute SET charge = charge + 1, payable = payable + 1",
                    "roll_up");
            assertFound(real, "UPDATE usage_minute SET charge = charge - 1, payable = payable - 1");
            assertFound(
                    real,
                    "UPDATE usage_archived_wallet SET payable = payable + 1, charge = charge + 1",
                    "settlement_transfers",
                    "revenue");
            assertFound(
                    real,
                    "UPDATE usage_archived_wallet SET payable = payable - 1, charge = charge - 1");
            assertFound(
                    real,
                    "DELETE FROM transfer WHERE kind = 'absorbed'",
                    "settlement_transfers",
                    "revenue");
        }
    }

    private static void assertFound(LedgerWorld world, String change, String... checks) {
        world.jdbi.useTransaction(
                handle -> {
                    handle.execute("SET LOCAL session_replication_role = replica");
                    handle.execute(change);
                });
        assertThat(world.findings().keySet()).as(change).containsExactlyInAnyOrder(checks);
    }

    @Test
    void b27ALateRecordOfASealedDayGoesToQuarantineNeverIntoTheBooks() {
        archiver.archive(DAY);
        Customer late = world.customer("late", "1");
        var hold =
                new Hold(
                        new RequestId(
                                new UUID(
                                        FROM.plusSeconds(5).toEpochMilli() << 16 | 0x7001L,
                                        1L << 63 | 77)),
                        late.principal().wallet(),
                        Money.zero(world.currency()));
        var record = world.record(late, hold, 10);
        assertThatThrownBy(() -> world.settle(record)).isInstanceOf(RuntimeException.class);
        assertThat(world.count("usage_quarantine")).isEqualTo(1);
        assertThat(world.balance(late).posted()).isEqualTo(world.money("1"));
    }

    @Test
    void aDamagedFileIsRefusedAndTheDatabaseIsUntouched() throws IOException {
        archiver.archive(DAY);
        Path file = folder.resolve("settlement/2026-08-01.parquet");
        byte[] bytes = Files.readAllBytes(file);
        for (int place : new int[] {10, bytes.length / 2, bytes.length - 20}) {
            byte[] damaged = bytes.clone();
            damaged[place] ^= 1;
            Files.write(file, damaged);
            assertThatThrownBy(this::export)
                    .isInstanceOf(ArchiveException.class)
                    .hasMessageContaining("not what was archived");
        }
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        assertThatThrownBy(this::export).hasMessageContaining("not what was archived");
        Files.delete(file);
        assertThatThrownBy(this::export).hasMessageContaining("missing");
        Files.write(file, bytes);
        assertThat(export()).hasSize(COUNT);
    }

    @Test
    void aDayThatFailsStopsNoOther() throws IOException {
        // No file can be put where a folder lies.
        Files.createDirectories(folder.resolve("settlement/2026-08-01.parquet/in the way"));

        assertThatThrownBy(archiver::run)
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("[2026-08-01]");

        assertThat(folder.resolve("settlement/2026-08-02.parquet")).isRegularFile();
        assertThat(world.count("settlement")).isEqualTo(COUNT / 2);
    }

    @Test
    void aWorkerThatCannotWriteLeavesTheDayWhereItWas() {
        ArchiveFolder nowhere =
                new ArchiveFolder(Path.of("/proc/nowhere"), "n", folder.resolve("worker.log"));
        Archiver failing = new Archiver(world.jdbi, nowhere, "n", world.clock, 45);
        assertThatThrownBy(failing::run).isInstanceOf(RuntimeException.class);
        assertThat(world.count("settlement")).isEqualTo(COUNT);
        assertThat(world.count("usage_archive")).isZero();
    }

    private List<LoggedRequest> export() {
        List<LoggedRequest> all = new ArrayList<>();
        log.export(customer.organization().id(), Filter.all(FROM, TO), all::add);
        return all;
    }

    private long charge() {
        return new PostgresUsageReports(world.jdbi)
                .usage(
                        new UsageReports.Query(
                                customer.organization().id(),
                                FROM,
                                TO.plusSeconds(60),
                                ZoneOffset.UTC,
                                Set.of(),
                                UsageReports.Filter.NONE))
                .getFirst()
                .cost()
                .nanos();
    }
}
