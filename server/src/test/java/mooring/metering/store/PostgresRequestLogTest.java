package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.metering.LoggedRequest;
import mooring.metering.RequestLog;
import mooring.metering.RequestLog.Filter;
import mooring.money.Money;
import mooring.testing.Settlements;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The request log over many requests: found, in order, and none left out.
class PostgresRequestLogTest {

    private static final Instant FROM = Instant.parse("2026-08-01T00:00:00Z");
    private static final Instant TO = Instant.parse("2026-08-03T00:00:00Z");
    private static final int COUNT = 50_000;

    private static LedgerWorld world;
    private static PostgresRequestLog log;
    private static Customer customer;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
        log = new PostgresRequestLog(world.jdbi, world.clock, null);
        customer = world.customer("many", "1");
        Settlements.spread(world, customer, FROM, TO, COUNT);
        release(customer, FROM.plusSeconds(60), "engine_failed");
        release(customer, FROM.plusSeconds(120), null);
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @Test
    void b39NothingIsCutOffHoweverManyThereAre() {
        List<RequestId> ids = new ArrayList<>();
        log.export(customer.organization().id(), Filter.all(FROM, TO), one -> ids.add(one.id()));
        assertThat(ids).hasSize(COUNT + 2).doesNotHaveDuplicates();
        for (int i = 1; i < ids.size(); i++) {
            assertThat(LogIds.compare(ids.get(i - 1), ids.get(i))).isPositive();
        }
    }

    @Test
    void pagesFollowOnEachOtherToTheEnd() {
        Filter filter = Filter.all(FROM, FROM.plus(Duration.ofMinutes(30)));
        List<LoggedRequest> paged = pages(filter, 100);
        List<LoggedRequest> exported = new ArrayList<>();
        log.export(customer.organization().id(), filter, exported::add);
        assertThat(paged).isEqualTo(exported);
        assertThat(paged)
                .extracting(LoggedRequest::status)
                .contains("engine_failed", "caller_left");
    }

    @Test
    void g22ASearchForWhatHardlyOccursAnswersInShortPages() {
        // Found by the walk, a bounded stretch at a time.
        assertThat(pages(filter(null, null, Set.of("engine_failed"), null), 50)).hasSize(1);
        assertThat(pages(filter(null, null, Set.of("length"), null), 50)).hasSize(COUNT / 1_000);
        assertThat(pages(filter(null, new ModelId("rimu"), Set.of(), null), 50)).isEmpty();
        // Found by its own index.
        assertThat(pages(filter("=cmd|7\"x, y", null, Set.of(), null), 50)).hasSize(1);
        Money most = new Money(COUNT - 10, world.currency());
        assertThat(pages(filter(null, null, Set.of(), most), 50)).hasSize(10);
    }

    @Test
    void g20ThreeAttemptsAreOneRequest() {
        LoggedRequest one =
                log.page(customer.organization().id(), Filter.all(FROM, TO), null, 1)
                        .requests()
                        .getFirst();
        assertThat(one.served().attempts()).isEqualTo(3);
        assertThat(one.served().timeline().firstToken()).isEqualTo(50);
        List<LoggedRequest> same = new ArrayList<>();
        log.export(customer.organization().id(), Filter.all(LogIds.began(one.id()), TO), same::add);
        assertThat(same).extracting(LoggedRequest::id).containsOnlyOnce(one.id());
    }

    @Test
    void aRequestIsFoundByItsIdByItsOrganizationAlone() {
        var record =
                world.record(
                        customer, world.noHold(customer), new Usage(1_001, 777, 55, 3, 2_003, 4));
        world.settle(record);
        LoggedRequest found = log.find(customer.organization().id(), record.id()).orElseThrow();
        LoggedRequest.Bill bill = Objects.requireNonNull(found.bill());
        assertThat(bill.charge()).isEqualTo(record.charge());
        Customer other = world.customer("other", "1");
        assertThat(log.find(other.organization().id(), record.id())).isEmpty();
        assertThat(log.page(other.organization().id(), Filter.all(FROM, TO), null, 10).requests())
                .isEmpty();

        List<RequestLog.PriceLine> lines = log.lines(found);
        assertThat(lines)
                .extracting(RequestLog.PriceLine::item)
                .containsExactly(
                        "input", "cache_read", "cache_write_5m", "cache_write_1h", "output");
        assertThat(lines.stream().mapToLong(line -> line.amount().nanos()).sum())
                .isEqualTo(record.charge().nanos());
        assertThat(lines.getFirst().unitNanos()).isEqualTo(500_000_000);
        assertThat(log.adjustments(record.id())).isEmpty();
    }

    private static List<LoggedRequest> pages(Filter filter, int limit) {
        List<LoggedRequest> all = new ArrayList<>();
        RequestId next = null;
        for (int page = 0; page < 10_000; page++) {
            RequestLog.Page read = log.page(customer.organization().id(), filter, next, limit);
            all.addAll(read.requests());
            next = read.next();
            if (next == null) {
                return all;
            }
        }
        throw new AssertionError("the pages have no end");
    }

    private static Filter filter(
            @Nullable String client,
            @Nullable ModelId model,
            Set<String> statuses,
            @Nullable Money minCost) {
        return new Filter(FROM, TO, client, null, null, model, statuses, minCost, null);
    }

    private static void release(Customer customer, Instant at, @Nullable String problem) {
        world.jdbi.useHandle(
                handle ->
                        handle.createUpdate(
                                        """
                                        INSERT INTO released_request (day, request_id,
                                            organization_id, project_id, api_key_id, wallet_id,
                                            model, tier, admitted_at, finished_at, streamed,
                                            problem, attempts, timeline, node_id, epoch)
                                        VALUES (uuid7_day(:id), :id, :organization, :project, :key,
                                            :wallet, 'kauri', 'standard',
                                            CAST(:at AS timestamptz), CAST(:at AS timestamptz),
                                            true, :problem, 0, '{1,2,-1,-1,-1,-1}', 'node-a', 1)
                                        """)
                                .bind(
                                        "id",
                                        new UUID(
                                                LogIds.first(at).uuid().getMostSignificantBits(),
                                                1L << 63 | 5))
                                .bind("organization", customer.organization().id().uuid())
                                .bind("project", customer.principal().project().uuid())
                                .bind("key", customer.principal().key().uuid())
                                .bind("wallet", customer.principal().wallet().uuid())
                                .bind("at", at.toString())
                                .bind("problem", problem)
                                .execute());
    }
}
