package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports.Grouping;
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
                        customer.organization().id(),
                        Instant.parse("2026-03-01T00:00:00Z"),
                        Instant.parse("2026-03-03T00:00:00Z"),
                        Set.of(Grouping.MODEL, Grouping.KEY, Grouping.DAY));
        assertThat(rows)
                .extracting(Row::day)
                .containsExactly(LocalDate.of(2026, 3, 1), LocalDate.of(2026, 3, 2));
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
    void requestsComeNewestFirstPageByPage() {
        Customer customer = world.customer("pages", "100");
        List<RequestId> settled = new ArrayList<>();
        for (int i = 1; i <= 7; i++) {
            settled.add(settle(customer, "2026-03-01T10:00:00Z", i));
        }
        List<RequestId> read = new ArrayList<>();
        RequestId after = null;
        while (true) {
            var page = reports.requests(customer.organization().id(), after, 3);
            if (page.isEmpty()) {
                break;
            }
            page.forEach(request -> read.add(request.record().id()));
            after = read.getLast();
        }
        assertThat(read).isEqualTo(settled.reversed());
    }

    @Test
    void nobodySeesAnothersUsage() {
        Customer one = world.customer("one", "100");
        Customer other = world.customer("other", "100");
        settle(one, "2026-03-01T10:00:00Z", 3);
        assertThat(output(other, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")).isZero();
        assertThat(reports.requests(other.organization().id(), null, 10)).isEmpty();
    }

    private static long output(Customer customer, String from, String to) {
        List<Row> rows =
                reports.usage(
                        customer.organization().id(),
                        Instant.parse(from),
                        Instant.parse(to),
                        Set.of());
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
