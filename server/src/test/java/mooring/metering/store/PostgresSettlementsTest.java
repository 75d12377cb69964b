package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import mooring.ledger.Hold;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.SwitchableStore;
import mooring.metering.Settlement;
import mooring.metering.UsageRecord;
import mooring.metering.store.PostgresSettlements.Tuning;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Settlement in batches: duplicates, bad records, and a store that goes away.
class PostgresSettlementsTest {

    private static final Duration GATHER = Duration.ofMillis(100);

    private LedgerWorld world;
    private Customer customer;

    @BeforeEach
    void open() {
        world = new LedgerWorld();
        customer = world.customer("kea", "100");
    }

    @AfterEach
    void close() {
        world.close();
    }

    @Test
    void aDuplicateInABatchIsSuccessAndDisturbsNoOther() { // B11
        UsageRecord repeated = record(1_000);
        world.settle(repeated);
        List<UsageRecord> records =
                List.of(record(10), repeated, record(20), record(30), repeated, record(40));
        try (PostgresSettlements settlements = settlements(new SwitchableStore(world.database))) {
            List<Settlement> settled = all(settlements, records);
            assertThat(settled)
                    .extracting(settlement -> settlement.payable().nanos())
                    .containsExactly(10_000L, 1_000_000L, 20_000L, 30_000L, 1_000_000L, 40_000L);
        }
        assertThat(world.count("settlement")).isEqualTo(5);
        assertThat(world.balance(customer).posted().nanos())
                .isEqualTo(100_000_000_000L - 1_100_000);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aBadRecordGoesToQuarantineAloneAndItsHoldComesBack() { // B36
        Hold hold = world.granted(customer, "5");
        UsageRecord bad = with(world.record(customer, hold, 7), new Money(-1, world.currency()));
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            records.add(record(100));
        }
        records.add(11, bad);
        try (PostgresSettlements settlements = settlements(new SwitchableStore(world.database))) {
            List<CompletionStage<Settlement>> stages =
                    records.stream().map(settlements::settle).toList();
            for (int i = 0; i < stages.size(); i++) {
                if (i == 11) {
                    fails(Problem.Internal.class, stages.get(i));
                } else {
                    assertThat(LedgerWorld.get(stages.get(i)).payable().nanos()).isEqualTo(100_000);
                }
            }
        }
        assertThat(world.count("usage_quarantine")).isEqualTo(1);
        assertThat(world.count("settlement")).isEqualTo(20);
        assertThat(world.balance(customer).held().nanos()).isZero();
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void anotherRecordOfASettledRequestMovesNoMoneyAndIsKeptForAPerson() {
        UsageRecord first = record(100);
        world.settle(first);
        UsageRecord other = with(first, new Money(5, world.currency()));
        fails(Problem.Conflict.class, world.settlements.settle(other));
        fails(Problem.Conflict.class, world.settlements.settle(other));
        assertThat(world.count("settlement_conflict")).isEqualTo(1);
        assertThat(world.count("settlement")).isEqualTo(1);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aStoreThatComesBackInTimeLosesNothing() {
        SwitchableStore store = new SwitchableStore(world.database);
        try (PostgresSettlements settlements = settlements(store)) {
            store.down(true);
            CompletionStage<Settlement> stage = settlements.settle(record(100));
            assertThat(stage.toCompletableFuture().isDone()).isFalse();
            store.down(false);
            assertThat(LedgerWorld.get(stage).payable().nanos()).isEqualTo(100_000);
        }
    }

    @Test
    void aStoreThatStaysAwayFailsTheSettlementAndBooksNothing() { // B35
        SwitchableStore store = new SwitchableStore(world.database);
        try (PostgresSettlements settlements = settlements(store)) {
            store.down(true);
            UsageRecord record = record(100);
            fails(Problem.StoreUnavailable.class, settlements.settle(record));
            store.down(false);
            assertThat(world.count("settlement")).isZero();
            assertThat(LedgerWorld.get(settlements.settle(record)).payable().nanos())
                    .isEqualTo(100_000);
        }
    }

    @Test
    void aFullQueueMakesRecordsWaitAndDropsNone() {
        SwitchableStore store = new SwitchableStore(world.database);
        Tuning small = new Tuning(4, Duration.ofMillis(1), 8, Duration.ofSeconds(20));
        try (PostgresSettlements settlements =
                new PostgresSettlements(store.jdbi(), "node-a", world.clock, world.ids, small)) {
            store.down(true);
            List<CompletionStage<Settlement>> stages = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                stages.add(settlements.settle(record(1)));
            }
            store.down(false);
            stages.forEach(LedgerWorld::get);
        }
        assertThat(world.count("settlement")).isEqualTo(100);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void textsOfCallersArriveAsTheyWere() {
        UsageRecord record = record(1);
        UsageRecord named = withClientId(record, "naïve \"quoted\", {braces} \\ 中文 NULL");
        world.settle(named);
        var found =
                new PostgresRequestLog(world.jdbi, world.clock, null)
                        .find(customer.organization().id(), named.id())
                        .orElseThrow();
        assertThat(found.clientRequestId()).isEqualTo("naïve \"quoted\", {braces} \\ 中文 NULL");
        // A zero character cannot be stored as text: that record stands alone in quarantine.
        UsageRecord zero = withClientId(record(1), "a\0b");
        fails(Problem.Internal.class, world.settlements.settle(zero));
        assertThat(world.count("usage_quarantine")).isEqualTo(1);
    }

    private UsageRecord record(long outputTokens) {
        return world.record(customer, world.noHold(customer), outputTokens);
    }

    private PostgresSettlements settlements(SwitchableStore store) {
        return new PostgresSettlements(
                store.jdbi(),
                "node-a",
                world.clock,
                world.ids,
                new Tuning(256, GATHER, 1_000, Duration.ofSeconds(1)));
    }

    private static List<Settlement> all(
            PostgresSettlements settlements, List<UsageRecord> records) {
        return records.stream().map(settlements::settle).toList().stream()
                .map(LedgerWorld::get)
                .toList();
    }

    private static void fails(Class<? extends Problem> problem, CompletionStage<Settlement> stage) {
        assertThatThrownBy(() -> LedgerWorld.get(stage))
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isInstanceOf(problem));
    }

    private static UsageRecord with(UsageRecord record, Money charge) {
        return copy(record, record.accepted().clientRequestId(), charge);
    }

    private static UsageRecord withClientId(UsageRecord record, String clientRequestId) {
        return copy(record, clientRequestId, record.charge());
    }

    private static UsageRecord copy(
            UsageRecord record, @Nullable String clientRequestId, Money charge) {
        return LedgerWorld.changed(
                record,
                clientRequestId,
                record.accepted().admittedAt(),
                record.finishedAt(),
                charge);
    }
}
