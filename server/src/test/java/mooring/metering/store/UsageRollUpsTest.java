package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import mooring.inference.Usage;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.metering.UsageReports.Filter;
import mooring.metering.UsageReports.Grouping;
import mooring.metering.UsageReports.Query;
import mooring.metering.UsageReports.Row;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Sums by hour and day against the settlements themselves, in every kind of zone.
class UsageRollUpsTest {

    private static final List<String> ZONES =
            List.of(
                    "UTC",
                    "Pacific/Kiritimati",
                    "Pacific/Pago_Pago",
                    "America/Los_Angeles",
                    "Europe/London",
                    "Australia/Lord_Howe",
                    "Asia/Kathmandu",
                    "America/St_Johns");

    private static LedgerWorld world;
    private static PostgresUsageReports reports;
    private static PostgresUsageRollUps rollUps;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
        reports = new PostgresUsageReports(world.jdbi);
        rollUps = new PostgresUsageRollUps(world.jdbi, world.clock);
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void sumsOfAnyGroupingInAnyZoneAreTheSumsOfTheSettlements() {
        // Given half a year with all the days on which clocks change, some of it late
        Random random = new Random(20260401);
        Customer customer = world.customer("zones", "1");
        List<UUID> keys = List.of(UUID.randomUUID(), UUID.randomUUID());
        List<UsageSums.Row> rows = new ArrayList<>();
        Instant first = Instant.parse("2026-03-01T00:00:00Z");
        for (int i = 0; i < 1_500; i++) {
            rows.add(row(random, keys, first.plusSeconds(random.nextInt(86_400 * 250))));
        }
        for (String change :
                List.of(
                        "2026-04-04T15:00:00Z",
                        "2026-10-03T15:30:00Z",
                        "2026-03-08T10:00:00Z",
                        "2026-11-01T09:00:00Z",
                        "2026-03-29T01:00:00Z",
                        "2026-10-25T01:00:00Z")) {
            for (int i = 0; i < 40; i++) {
                rows.add(
                        row(
                                random,
                                keys,
                                Instant.parse(change).plusSeconds(random.nextInt(10_800) - 5_400)));
            }
        }
        write(customer, rows.subList(0, 1_200));
        rollUps.rollUp(Instant.parse("2026-07-04T13:20:00Z"));
        write(customer, rows.subList(1_200, rows.size()));

        for (int round = 0; round < 2; round++) {
            // Then, with late records still in their minutes, and built in
            for (String zone : ZONES) {
                for (Set<Grouping> grouping : groupings(random)) {
                    assertSame(customer, rows, ZoneId.of(zone), grouping, random);
                }
            }
            rollUps.rollUp(Instant.parse("2026-07-04T13:20:00Z"));
        }
        assertThat(world.count("usage_reopened")).isZero();
        assertThat(world.count("usage_hour")).isPositive();
        assertThat(world.count("usage_day")).isPositive();
    }

    @Test
    void aLateRecordIsSeenAtOnceAndReopensItsHourAndDay() {
        Customer customer = world.customer("late", "1");
        Random random = new Random(1);
        List<UUID> keys = List.of(UUID.randomUUID());
        Instant at = Instant.parse("2026-02-03T04:05:06Z");
        write(customer, List.of(row(random, keys, at)));
        rollUps.rollUp(Instant.parse("2026-02-05T00:00:00Z"));
        long before = charge(customer, "2026-02-03T00:00:00Z", "2026-02-04T00:00:00Z");

        UsageSums.Row late = row(random, keys, at);
        write(customer, List.of(late));

        assertThat(reopened(customer)).isEqualTo(1);
        assertThat(charge(customer, "2026-02-03T00:00:00Z", "2026-02-04T00:00:00Z"))
                .isEqualTo(before + late.charge());
        rollUps.rollUp(Instant.parse("2026-02-05T00:00:00Z"));
        assertThat(reopened(customer)).isZero();
        assertThat(charge(customer, "2026-02-03T00:00:00Z", "2026-02-04T00:00:00Z"))
                .isEqualTo(before + late.charge());
        assertThat(dayCharge(customer)).isEqualTo(before + late.charge());
    }

    @Test
    void aRecordUnderWayWhileItsHourIsClosedIsNotLost() throws Exception {
        // Given a batch that has added to its minute and not committed yet
        Customer customer = world.customer("racing", "1");
        UsageSums.Row row =
                row(
                        new Random(2),
                        List.of(UUID.randomUUID()),
                        Instant.parse("2026-02-10T04:05:06Z"));
        CountDownLatch written = new CountDownLatch(1);
        CountDownLatch commit = new CountDownLatch(1);
        Future<?> batch =
                world.virtualThreads.submit(
                        () -> {
                            world.jdbi.useTransaction(
                                    handle -> {
                                        UsageSums.write(
                                                Jdbi.create(handle.getConnection()),
                                                customer.organization().id().uuid(),
                                                customer.principal().wallet().uuid(),
                                                world.prices().id().uuid(),
                                                List.of(row));
                                        written.countDown();
                                        commit.await(30, TimeUnit.SECONDS);
                                    });
                            return null;
                        });
        assertThat(written.await(30, TimeUnit.SECONDS)).isTrue();
        // When its hour is to be closed meanwhile, then closing waits, or gives up
        Future<Boolean> closing =
                world.virtualThreads.submit(
                        () -> {
                            try {
                                rollUps.rollUp(Instant.parse("2026-02-12T00:00:00Z"));
                                return true;
                            } catch (RuntimeException lockTimeout) {
                                return false;
                            }
                        });
        assertThat(closing.get(30, TimeUnit.SECONDS)).isFalse();
        commit.countDown();
        batch.get(30, TimeUnit.SECONDS);
        rollUps.rollUp(Instant.parse("2026-02-12T00:00:00Z"));
        assertThat(charge(customer, "2026-02-10T00:00:00Z", "2026-02-11T00:00:00Z"))
                .isEqualTo(row.charge());
    }

    @Test
    void costByClassSumsToTheChargeAndItsTokensAreExact() {
        Customer customer = world.customer("classes", "100");
        var record =
                world.record(customer, world.noHold(customer), new Usage(101, 53, 7, 3, 211, 5));
        world.settle(record);
        List<Row> rows =
                reports.usage(
                        query(
                                customer,
                                record.finishedAt().minusSeconds(3_600),
                                record.finishedAt().plusSeconds(60),
                                ZoneId.of("UTC"),
                                EnumSet.of(Grouping.CLASS, Grouping.MODEL)));
        assertThat(rows)
                .extracting(Row::tokenClass)
                .containsExactly(
                        "input", "cache_read", "cache_write_5m", "cache_write_1h", "output");
        assertThat(rows.stream().mapToLong(row -> row.cost().nanos()).sum())
                .isEqualTo(record.charge().nanos());
        assertThat(rows.get(1).usage().cacheRead()).isEqualTo(53);
        assertThat(rows.get(4).usage().output()).isEqualTo(211);
        // 53 tokens at $0.10 a million.
        assertThat(rows.get(1).cost().nanos()).isEqualTo(5_300);
    }

    private static void assertSame(
            Customer customer,
            List<UsageSums.Row> rows,
            ZoneId zone,
            Set<Grouping> grouping,
            Random random) {
        boolean minutes = grouping.contains(Grouping.MINUTE);
        boolean hours = grouping.contains(Grouping.HOUR);
        int days = hours ? 200 : 40;
        Instant from =
                Instant.parse("2026-03-05T00:00:00Z").plusSeconds(random.nextInt(86_400 * days));
        Instant to =
                minutes
                        ? from.plusSeconds(86_400 * 6)
                        : hours
                                ? from.plusSeconds(86_400L * 40)
                                : from.plusSeconds(86_400L * 120 + random.nextInt(86_400 * 100));
        Map<List<@Nullable Object>, long[]> expected = new HashMap<>();
        for (UsageSums.Row row : rows) {
            if (!row.finished().isBefore(from) && row.finished().isBefore(to)) {
                long[] sums =
                        expected.computeIfAbsent(group(row, zone, grouping), _ -> new long[3]);
                sums[0]++;
                sums[1] += row.output();
                sums[2] += row.charge();
            }
        }
        Map<List<@Nullable Object>, long[]> read = new HashMap<>();
        for (Row row : reports.usage(query(customer, from, to, zone, grouping))) {
            List<@Nullable Object> group = new ArrayList<>();
            group.add(row.model() == null ? null : row.model().text());
            group.add(row.key() == null ? null : row.key().uuid());
            group.add(row.project() == null ? null : row.project().uuid());
            group.add(row.tier() == null ? null : RowText.tier(row.tier()));
            group.add(row.start() == null ? null : local(row.start(), zone, grouping));
            long[] sums = read.computeIfAbsent(group, _ -> new long[3]);
            sums[0] += row.requests();
            sums[1] += row.usage().output();
            sums[2] += row.cost().nanos();
        }
        assertThat(read.keySet())
                .as("%s %s %s %s", zone, grouping, from, to)
                .isEqualTo(expected.keySet());
        expected.forEach(
                (group, sums) ->
                        assertThat(read.get(group)).as("%s %s", zone, group).isEqualTo(sums));
    }

    /// Local days, hours and minutes as the zone's clocks show them, offset included.
    private static String local(Instant at, ZoneId zone, Set<Grouping> grouping) {
        var local = at.atZone(zone);
        if (grouping.contains(Grouping.DAY)) {
            return local.toLocalDate().toString();
        }
        return grouping.contains(Grouping.HOUR)
                ? local.toLocalDateTime().truncatedTo(ChronoUnit.HOURS) + " " + local.getOffset()
                : at.truncatedTo(ChronoUnit.MINUTES).toString();
    }

    private static List<@Nullable Object> group(
            UsageSums.Row row, ZoneId zone, Set<Grouping> grouping) {
        List<@Nullable Object> group = new ArrayList<>();
        group.add(grouping.contains(Grouping.MODEL) ? row.model() : null);
        group.add(grouping.contains(Grouping.KEY) ? row.key() : null);
        group.add(grouping.contains(Grouping.PROJECT) ? row.project() : null);
        group.add(grouping.contains(Grouping.TIER) ? row.tier() : null);
        boolean timed =
                grouping.contains(Grouping.DAY)
                        || grouping.contains(Grouping.HOUR)
                        || grouping.contains(Grouping.MINUTE);
        group.add(timed ? local(row.finished(), zone, grouping) : null);
        return group;
    }

    private static List<Set<Grouping>> groupings(Random random) {
        List<Set<Grouping>> all = new ArrayList<>();
        for (Grouping time : List.of(Grouping.DAY, Grouping.HOUR, Grouping.MINUTE)) {
            Set<Grouping> grouping = EnumSet.of(time);
            for (Grouping other :
                    List.of(Grouping.MODEL, Grouping.KEY, Grouping.PROJECT, Grouping.TIER)) {
                if (random.nextBoolean()) {
                    grouping.add(other);
                }
            }
            all.add(grouping);
        }
        all.add(EnumSet.of(Grouping.TIER));
        return all;
    }

    private static UsageSums.Row row(Random random, List<UUID> keys, Instant finished) {
        Instant began = finished.minus(Duration.ofMillis(random.nextInt(600_000)));
        return new UsageSums.Row(
                new UUID(
                        began.toEpochMilli() << 16 | 0x7000L | random.nextInt(0x1000),
                        1L << 63 | random.nextLong() >>> 2),
                new UUID(7, random.nextInt(2)),
                keys.get(random.nextInt(keys.size())),
                random.nextBoolean() ? "kauri" : "rimu",
                random.nextInt(4) == 0 ? "batch" : "standard",
                finished.plus(random.nextInt(1_000_000), ChronoUnit.MICROS),
                random.nextInt(1_000),
                random.nextInt(1_000),
                random.nextInt(1_000_000));
    }

    private static void write(Customer customer, List<UsageSums.Row> rows) {
        UsageSums.write(
                world.jdbi,
                customer.organization().id().uuid(),
                customer.principal().wallet().uuid(),
                world.prices().id().uuid(),
                rows);
    }

    private static Query query(
            Customer customer, Instant from, Instant to, ZoneId zone, Set<Grouping> grouping) {
        return new Query(customer.organization().id(), from, to, zone, grouping, Filter.NONE);
    }

    private static long charge(Customer customer, String from, String to) {
        return reports.usage(
                        query(
                                customer,
                                Instant.parse(from),
                                Instant.parse(to),
                                ZoneId.of("UTC"),
                                Set.of()))
                .getFirst()
                .cost()
                .nanos();
    }

    private static long reopened(Customer customer) {
        return number(customer, "SELECT count(*) FROM usage_reopened WHERE organization_id = :o");
    }

    private static long dayCharge(Customer customer) {
        return number(customer, "SELECT sum(charge) FROM usage_day WHERE organization_id = :o");
    }

    private static long number(Customer customer, String sql) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(sql)
                                .bind("o", customer.organization().id().uuid())
                                .mapTo(Long.class)
                                .one());
    }
}
