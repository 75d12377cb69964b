package mooring.metering.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import mooring.ids.BudgetId;
import mooring.ids.OrganizationId;
import mooring.ledger.Hold;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.Purse;
import mooring.ledger.SwitchableStore;
import mooring.ledger.Together;
import mooring.ledger.store.BudgetBooks;
import mooring.limits.Subject;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostgresUsageBooksTest {

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
    void b11ADuplicateInABatchIsSuccessAndDisturbsNoOther() {
        UsageRecord repeated = record(1_000);
        world.book(repeated);
        List<Booking> bookings =
                world.books.book(
                        List.of(
                                record(10),
                                repeated,
                                record(20),
                                record(30),
                                repeated,
                                record(40)));
        assertThat(bookings.get(1)).isInstanceOf(Booking.Repeated.class);
        assertThat(bookings.get(4)).isInstanceOf(Booking.Repeated.class);
        assertThat(List.of(payable(bookings.get(0)), payable(bookings.get(2))))
                .containsExactly(10_000L, 20_000L);
        assertThat(List.of(payable(bookings.get(3)), payable(bookings.get(5))))
                .containsExactly(30_000L, 40_000L);
        assertThat(world.count("settlement")).isEqualTo(5);
        assertThat(world.balance(customer).posted().nanos())
                .isEqualTo(100_000_000_000L - 1_100_000);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aNewRecordTwiceInOneBatchIsBookedOnce() {
        UsageRecord record = record(10);
        assertThat(world.books.book(List.of(record, record)))
                .extracting(Object::getClass)
                .containsExactly(Booking.Settled.class, Booking.Repeated.class);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void b13RequestsAlikeInAllButTheirIdsAreTwoAndARepetitionIsNone() {
        UsageRecord one = withClientId(record(10), "the same");
        Instant at = one.finishedAt();
        UsageRecord other = LedgerWorld.changed(record(10), "the same", at, at, one.charge());
        one = LedgerWorld.changed(one, "the same", at, at, one.charge());
        assertThat(world.books.book(List.of(one, other)))
                .allMatch(Booking.Settled.class::isInstance);
        assertThat(world.books.book(List.of(other, one)))
                .allMatch(Booking.Repeated.class::isInstance);
        assertThat(world.count("settlement")).isEqualTo(2);
        assertThat(rolledUp("requests")).isEqualTo(2);
        assertThat(rolledUp("output")).isEqualTo(20);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void b36ABadRecordGoesToQuarantineAloneAndIsTold() {
        List<Outcome> records = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            records.add(record(100));
        }
        records.add(11, with(record(7), new Money(-1, world.currency())));
        List<Booking> bookings = world.books.book(records);
        for (int i = 0; i < bookings.size(); i++) {
            assertThat(bookings.get(i))
                    .isInstanceOf(i == 11 ? Booking.Quarantined.class : Booking.Settled.class);
        }
        assertThat(world.count("usage_quarantine")).isEqualTo(1);
        assertThat(world.count("settlement")).isEqualTo(20);
        assertThat(topics()).contains("usage.quarantined");
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void b36ABadReleaseIsKeptInQuarantineToo() {
        assertThat(world.book(release(withClientId(record(5), "a\0b"))))
                .isInstanceOf(Booking.Quarantined.class);
        assertThat(world.count("usage_quarantine")).isEqualTo(1);
        assertThat(topics()).contains("usage.quarantined");
    }

    @Test
    void aDaysUseUpToAnInstantIsThatOfWhatEndedBeforeIt() {
        UsageRecord first = record(5);
        world.book(first);
        PostgresDayUse use = new PostgresDayUse(world.jdbi);
        Instant end = first.finishedAt();
        Instant from = end.minus(Duration.ofHours(2));
        OrganizationId organization = customer.organization().id();
        for (Subject subject :
                List.of(
                        Subject.of(organization),
                        Subject.of(customer.principal().project()),
                        Subject.of(customer.principal().key()))) {
            assertThat(use.tokens(organization, subject, from, end)).isZero();
            assertThat(use.tokens(organization, subject, from, end.plusNanos(1_000))).isEqualTo(5);
            assertThat(use.tokens(organization, subject, from, end.plus(Duration.ofMinutes(2))))
                    .isEqualTo(5);
        }
    }

    @Test
    void b27WhatWasAcceptedIsCountedOrInQuarantine() {
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            UsageRecord record = record(10);
            outcomes.add(
                    switch (i % 3) {
                        case 0 -> record;
                        case 1 -> release(record);
                        default -> withClientId(record, "a\0b");
                    });
        }
        world.books.book(outcomes);
        assertThat(world.count("settlement")).isEqualTo(10);
        assertThat(world.count("released_request")).isEqualTo(10);
        assertThat(world.count("usage_quarantine")).isEqualTo(10);
    }

    @Test
    void anotherRecordOfASettledRequestMovesNoMoneyAndIsKeptForAPerson() {
        UsageRecord first = record(100);
        world.book(first);
        UsageRecord other = with(first, new Money(5, world.currency()));
        assertThat(world.book(other)).isInstanceOf(Booking.Conflict.class);
        assertThat(world.book(other)).isInstanceOf(Booking.Conflict.class);
        assertThat(world.count("settlement_conflict")).isEqualTo(1);
        assertThat(topics()).containsOnlyOnce("settlement.conflict");
        assertThat(world.count("settlement")).isEqualTo(1);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void theLeaseOfTheAdmittingNodePaysUpToTheHold() {
        world.lease(world.node, customer.principal().wallet(), world.money("10"));
        Booking booking = world.book(world.record(customer, world.node, "2", 3_000_000));
        assertThat(booking)
                .isInstanceOfSatisfying(
                        Booking.Settled.class,
                        settled -> {
                            assertThat(settled.drawn()).isEqualTo(world.money("2"));
                            assertThat(settled.settlement().payable()).isEqualTo(world.money("3"));
                        });
        assertThat(world.balance(customer).held()).isEqualTo(world.money("8"));
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("97"));
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void aReleaseIsKeptOnceAndMovesNothing() {
        Release release = release(record(5));
        assertThat(world.books.book(List.of(release, release)))
                .containsOnly(new Booking.Released());
        assertThat(world.book(release)).isEqualTo(new Booking.Released());
        assertThat(world.count("released_request")).isEqualTo(1);
        assertThat(world.balance(customer).posted()).isEqualTo(world.money("100"));
        assertThat(timelineOf("released_request")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
    }

    @Test
    void bookingsComeInTheOrderOfTheirOutcomes() {
        UsageRecord one = record(1);
        UsageRecord two = record(2);
        List<Booking> bookings = world.books.book(List.of(release(record(9)), one, two));
        assertThat(bookings.get(0)).isEqualTo(new Booking.Released());
        assertThat(payable(bookings.get(1))).isEqualTo(1_000);
        assertThat(payable(bookings.get(2))).isEqualTo(2_000);
    }

    @Test
    void aStoreOutOfReachBooksNothingAndSaysSo() { // B35
        SwitchableStore store = new SwitchableStore(world.database);
        PostgresUsageBooks books = books(store);
        store.down(true);
        List<Outcome> outcomes = List.of(record(100));
        assertThatThrownBy(() -> books.book(outcomes)).hasMessageContaining("out of reach");
        store.down(false);
        assertThat(world.count("settlement")).isZero();
        assertThat(payable(books.book(outcomes).getFirst())).isEqualTo(100_000);
    }

    @Test
    void budgetsHearOfEachChargeOnceAndOfNoRepetition() {
        List<BudgetBooks.BudgetCharge> told = new ArrayList<>();
        PostgresUsageBooks books =
                new PostgresUsageBooks(
                        world.jdbi, "node-a", world.clock, world.ids, (_, c) -> told.addAll(c));
        Purse.OfBudget budget =
                new Purse.OfBudget(
                        new BudgetId(world.ids.next()), java.time.LocalDate.of(2030, 1, 1));
        UsageRecord plain = record(100);
        Hold hold =
                new Hold(plain.id(), plain.hold().wallet(), List.of(budget), world.money("0.5"));
        UsageRecord record = world.record(customer, hold, 100);
        books.book(List.of(record, record));
        books.book(List.of(record));
        assertThat(told)
                .containsExactly(
                        new BudgetBooks.BudgetCharge(
                                budget, world.node, record.charge(), world.money("0.5")));
    }

    @Test
    void twoWritersOfTheSameRecordsInAnyOrderBookEachOnce() { // G21
        List<Customer> customers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Customer one = world.customer("racer " + i, "1");
            world.lease(world.node, one.principal().wallet(), world.money("0.5"));
            customers.add(one);
        }
        List<Outcome> records = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            records.add(world.record(customers.get(i % 20), world.node, "0.001", 700 + i));
        }
        List<List<Booking>> booked =
                Together.run(
                        4,
                        thread ->
                                () -> {
                                    List<Outcome> own = new ArrayList<>(records);
                                    Collections.shuffle(own, new Random(thread));
                                    List<Booking> all = new ArrayList<>();
                                    for (int i = 0; i < own.size(); i += 100) {
                                        all.addAll(bookPatiently(own.subList(i, i + 100)));
                                    }
                                    return all;
                                });
        assertThat(booked.stream().flatMap(List::stream))
                .filteredOn(Booking.Settled.class::isInstance)
                .hasSize(600);
        assertThat(booked.stream().flatMap(List::stream))
                .filteredOn(Booking.Repeated.class::isInstance)
                .hasSize(1_800);
        assertThat(world.count("settlement")).isEqualTo(600);
        assertThat(world.findings()).isEmpty();
    }

    @Test
    void textsOfCallersArriveAsTheyWere() {
        UsageRecord record = withClientId(record(1), "naïve \"quoted\", {braces} \\ 中文 NULL");
        world.book(record);
        var found =
                world.jdbi
                        .withHandle(handle -> SettlementRows.find(handle, List.of(record.id())))
                        .values()
                        .iterator()
                        .next();
        assertThat(found.record().accepted().clientRequestId())
                .isEqualTo("naïve \"quoted\", {braces} \\ 中文 NULL");
        assertThat(SettlementRows.sameContent(found.record(), record)).isTrue();
    }

    /// As the drain does: a fault that passes is met with another try.
    private List<Booking> bookPatiently(List<Outcome> outcomes) {
        for (int attempt = 1; ; attempt++) {
            try {
                return world.books.book(outcomes);
            } catch (RuntimeException e) {
                if (attempt == 20 || !mooring.sql.SqlFaults.transientFault(e)) {
                    throw e;
                }
            }
        }
    }

    private PostgresUsageBooks books(SwitchableStore store) {
        return new PostgresUsageBooks(
                store.jdbi(), "node-a", world.clock, world.ids, BudgetBooks.NONE);
    }

    private List<String> topics() {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery("SELECT topic FROM outbox ORDER BY seq")
                                .mapTo(String.class)
                                .list());
    }

    private long rolledUp(String column) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery("SELECT sum(" + column + ") FROM usage_minute")
                                .mapTo(Long.class)
                                .one());
    }

    private List<Long> timelineOf(String table) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery("SELECT unnest(timeline) FROM " + table)
                                .mapTo(Long.class)
                                .list());
    }

    private static long payable(Booking booking) {
        return ((Booking.Settled) booking).settlement().payable().nanos();
    }

    private UsageRecord record(long outputTokens) {
        return world.record(customer, world.noHold(customer), outputTokens);
    }

    private Release release(UsageRecord record) {
        return new Release(
                record.accepted(),
                record.finishedAt(),
                "engine_overloaded",
                new Served("a", 1, new Timeline(1, 2, 3, 4, 5, 6)));
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
