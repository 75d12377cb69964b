package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Future;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.LotKind;
import mooring.metering.Adjustment.Direction;
import mooring.metering.Adjustments;
import mooring.metering.Adjustments.Order;
import mooring.metering.LoggedRequest;
import mooring.metering.UsageRecord;
import mooring.metering.UsageReports;
import mooring.metering.UsageReports.Grouping;
import mooring.money.Money;
import mooring.problem.ProblemException;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresAdjustmentsTest {

    private static LedgerWorld world;
    private static PostgresRequestLog log;
    private static Adjustments adjustments;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
        log = new PostgresRequestLog(world.jdbi, world.clock, null);
        adjustments = new PostgresAdjustments(world.jdbi, world.clock, world.ids);
    }

    @AfterAll
    static void close() {
        world.close();
    }

    @AfterEach
    void theLedgerVerifies() {
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aCreditComesBackAndTheSettlementStaysAsItWas() {
        Customer customer = world.customer("credited", "10");
        LoggedRequest request = settled(customer, 1_000_000);
        Money charge = bill(request).charge();
        Money before = world.balance(customer).posted();
        Money half = new Money(charge.nanos() / 2, charge.currency());

        Adjustments.Booked booked = adjust(customer, request, Direction.CREDIT, half, null);

        assertThat(booked.charged()).isEqualTo(charge.minus(half));
        assertThat(world.balance(customer).posted()).isEqualTo(before.plus(half));
        assertThat(again(customer, request)).isEqualTo(request);
        assertThat(log.adjustments(request.id()))
                .singleElement()
                .satisfies(
                        one -> {
                            assertThat(one.change()).isEqualTo(half.negated());
                            assertThat(one.reason()).isEqualTo("cut off");
                            assertThat(one.actor()).isEqualTo("Mere");
                        });
        Instant began = request.id().began();
        assertThat(log.adjusted(customer.organization().id(), began, began.plusMillis(1)))
                .containsEntry(request.id(), half.negated());
        List<String> topics =
                world.jdbi.withHandle(
                        handle ->
                                handle.createQuery("SELECT topic FROM outbox WHERE key = :request")
                                        .bind("request", request.id().toString())
                                        .mapTo(String.class)
                                        .list());
        assertThat(topics).containsExactly("usage.adjusted");
    }

    @Test
    void whatWasNeverPaidIsNotGivenBackAsMoney() {
        Customer customer = world.customer("short", "0.000000001");
        world.credit(customer, "0.000000999", LotKind.PROMOTIONAL);
        LoggedRequest request = settled(customer, 1_000_000);
        Money charge = bill(request).charge();
        Money shortfall = bill(request).shortfall();
        assertThat(shortfall.positive()).isTrue();

        Money most = new Money(charge.nanos() - 400, charge.currency());
        adjust(customer, request, Direction.CREDIT, most, null);
        assertThat(world.balance(customer).posted().nanos())
                .as("of 1,000 nanos paid, all but the 400 that are still charged")
                .isEqualTo(600);
        adjust(customer, request, Direction.CREDIT, new Money(400, charge.currency()), null);
        assertThat(world.balance(customer).posted().nanos()).isEqualTo(1_000);
        assertThatThrownBy(
                        () ->
                                adjust(
                                        customer,
                                        request,
                                        Direction.CREDIT,
                                        new Money(1, charge.currency()),
                                        null))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("amount: 0.000000001 (expected: none");
    }

    @Test
    void aDebitIsTakenOfWhatTheWalletHasAndNeverMore() {
        Customer customer = world.customer("debited", "1");
        LoggedRequest request = settled(customer, 1_000);
        Money charge = bill(request).charge();
        Money before = world.balance(customer).posted();
        assertThat(adjust(customer, request, Direction.DEBIT, charge, null).charged())
                .isEqualTo(charge.plus(charge));
        assertThat(world.balance(customer).posted()).isEqualTo(before.minus(charge));

        Money more = charge.plus(new Money(1, charge.currency()));
        assertThatThrownBy(() -> adjust(customer, request, Direction.DEBIT, more, null))
                .isInstanceOf(ProblemException.class)
                .hasMessage(
                        "amount: "
                                + more.text()
                                + " (expected: above 0 and at most "
                                + charge
                                + ", what the request was charged at first)");
        world.lease(world.begin("greedy"), customer.principal().wallet(), before.minus(charge));
        assertThatThrownBy(() -> adjust(customer, request, Direction.DEBIT, charge, null))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("(expected: at most 0.00 USD, what the wallet has beside");
    }

    @Test
    void aRepeatBooksNothingAndAnotherAmountUnderItsKeyIsRefused() throws Exception {
        Customer customer = world.customer("repeated", "10");
        LoggedRequest request = settled(customer, 1_000_000);
        Money amount = new Money(1_000, world.currency());
        List<Future<Adjustments.Booked>> calls = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            calls.add(
                    world.virtualThreads.submit(
                            () -> adjust(customer, request, Direction.CREDIT, amount, "once")));
        }
        int fresh = 0;
        for (Future<Adjustments.Booked> call : calls) {
            fresh += call.get().repeated() ? 0 : 1;
        }
        assertThat(fresh).isEqualTo(1);
        assertThat(log.adjustments(request.id())).hasSize(1);
        assertThatThrownBy(
                        () ->
                                adjust(
                                        customer,
                                        request,
                                        Direction.CREDIT,
                                        amount.plus(amount),
                                        "once"))
                .isInstanceOf(ProblemException.class)
                .hasMessageMatching(
                        "amount: 0\\.000002 USD \\(expected: 0\\.000001 USD, as in adj_.*");
    }

    @Test
    void correctionsStandInTheUsageOfTheTimeTheyWereBookedIn() {
        Customer customer = world.customer("summed", "10");
        LoggedRequest request = settled(customer, 1_000_000);
        Money amount = new Money(1_234, world.currency());
        adjust(customer, request, Direction.CREDIT, amount, null);
        for (Set<Grouping> by :
                List.of(
                        EnumSet.noneOf(Grouping.class),
                        EnumSet.of(Grouping.MODEL, Grouping.KEY),
                        EnumSet.of(Grouping.DAY, Grouping.CLASS))) {
            List<UsageReports.Row> rows =
                    new PostgresUsageReports(world.jdbi)
                            .usage(
                                    new UsageReports.Query(
                                            customer.organization().id(),
                                            world.clock.now().minus(Duration.ofHours(1)),
                                            world.clock.now().plus(Duration.ofHours(1)),
                                            ZoneId.from(ZoneOffset.UTC),
                                            by,
                                            UsageReports.Filter.NONE));
            assertThat(rows.stream().mapToLong(row -> row.adjusted().nanos()).sum())
                    .isEqualTo(-1_234);
            assertThat(rows.stream().mapToLong(row -> row.cost().nanos()).sum())
                    .isEqualTo(bill(request).charge().nanos());
            if (by.contains(Grouping.CLASS)) {
                assertThat(rows.getLast().tokenClass()).isEqualTo("adjustment");
            }
        }
    }

    @Test
    void aCorrectionNeverChanges() {
        Customer customer = world.customer("kept", "10");
        LoggedRequest request = settled(customer, 1_000);
        adjust(customer, request, Direction.CREDIT, new Money(1, world.currency()), null);
        for (String change :
                List.of(
                        "UPDATE usage_adjustment SET amount = amount + 1",
                        "DELETE FROM usage_adjustment")) {
            assertThatThrownBy(() -> world.jdbi.useHandle(handle -> handle.execute(change)))
                    .isInstanceOf(UnableToExecuteStatementException.class);
        }
    }

    private static LoggedRequest settled(Customer customer, long outputTokens) {
        UsageRecord record = world.record(customer, world.noHold(customer), outputTokens);
        world.settle(record);
        return log.find(customer.organization().id(), record.id()).orElseThrow();
    }

    private static LoggedRequest again(Customer customer, LoggedRequest request) {
        return log.find(customer.organization().id(), request.id()).orElseThrow();
    }

    private static LoggedRequest.Bill bill(LoggedRequest request) {
        return Objects.requireNonNull(request.bill());
    }

    private static Adjustments.Booked adjust(
            Customer customer,
            LoggedRequest request,
            Direction direction,
            Money amount,
            @Nullable String key) {
        return adjustments.adjust(
                customer.organization().id(),
                request,
                new Order(direction, amount, "cut off", "Mere", key));
    }
}
