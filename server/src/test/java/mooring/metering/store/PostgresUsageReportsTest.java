package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.Filter;
import mooring.metering.UsageReports.Grouping;
import mooring.metering.UsageReports.Query;
import mooring.metering.UsageReports.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Reports against the requests that they sum.
class PostgresUsageReportsTest {

    private static LedgerWorld world;
    private static PostgresUsageReports reports;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
        reports = new PostgresUsageReports(world.jdbi);
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void aSpanIsHalfOpenAtTheMicrosecondEvenInsideAMinute() {
        Customer customer = world.customer("spans", "100");
        settle(customer, "2026-03-01T10:00:59.999999Z", 1);
        settle(customer, "2026-03-01T10:01:00Z", 2);
        settle(customer, "2026-03-01T10:01:30Z", 4);
        settle(customer, "2026-03-01T10:03:30Z", 8);
        assertThat(output(customer, "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z")).isEqualTo(15);
        assertThat(output(customer, "2026-03-01T10:01:00Z", "2026-03-01T10:03:00Z")).isEqualTo(6);
        assertThat(output(customer, "2026-03-01T10:00:59.999999Z", "2026-03-01T10:01:30Z"))
                .isEqualTo(3);
        assertThat(output(customer, "2026-03-01T10:01:10Z", "2026-03-01T10:01:31Z")).isEqualTo(4);
        assertThat(output(customer, "2026-03-01T10:01:30Z", "2026-03-01T10:03:30.000001Z"))
                .isEqualTo(12);
        assertThat(output(customer, "2026-03-01T10:03:30Z", "2026-03-01T10:03:30Z")).isZero();
    }

    @Test
    void usageIsGroupedByModelKeyAndDayAndSumsToTheWhole() {
        Customer customer = world.customer("groups", "100");
        settle(customer, "2026-03-01T23:59:59Z", 3);
        settle(customer, "2026-03-02T00:00:00Z", 5);
        List<Row> rows =
                reports.usage(
                        query(
                                customer,
                                "2026-03-01T00:00:00Z",
                                "2026-03-03T00:00:00Z",
                                Set.of(Grouping.MODEL, Grouping.KEY, Grouping.DAY)));
        assertThat(rows)
                .extracting(Row::start)
                .containsExactly(
                        Instant.parse("2026-03-01T00:00:00Z"),
                        Instant.parse("2026-03-02T00:00:00Z"));
        assertThat(rows)
                .allSatisfy(
                        row -> {
                            assertThat(row.model()).isEqualTo(LedgerWorld.MODEL);
                            assertThat(row.key()).isEqualTo(customer.principal().key());
                            assertThat(row.requests()).isEqualTo(1);
                        });
        assertThat(rows.get(1).cost().nanos()).isEqualTo(5_000);
        assertThat(rows.get(1).usage()).isEqualTo(Usage.NONE.withOutput(5, 0));
    }

    @Test
    void nobodySeesAnothersUsage() {
        Customer one = world.customer("one", "100");
        Customer other = world.customer("other", "100");
        settle(one, "2026-03-01T10:00:00Z", 3);
        assertThat(output(other, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")).isZero();
    }

    private static Query query(Customer customer, String from, String to, Set<Grouping> grouping) {
        return new Query(
                customer.organization().id(),
                Instant.parse(from),
                Instant.parse(to),
                ZoneOffset.UTC,
                grouping,
                Filter.NONE);
    }

    private static long output(Customer customer, String from, String to) {
        List<Row> rows = reports.usage(query(customer, from, to, Set.of()));
        assertThat(rows).hasSize(1);
        return rows.getFirst().usage().output();
    }

    private static RequestId settle(Customer customer, String finishedAt, long output) {
        UsageRecord record = world.record(customer, world.noHold(customer), output);
        world.settle(
                LedgerWorld.changed(
                        record,
                        null,
                        Instant.parse(finishedAt),
                        Instant.parse(finishedAt),
                        record.charge()));
        return record.id();
    }
}
