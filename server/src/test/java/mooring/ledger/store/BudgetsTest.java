package mooring.ledger.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.accounts.Principal;
import mooring.ids.BudgetId;
import mooring.ids.OrganizationId;
import mooring.ledger.ActiveBudget;
import mooring.ledger.BudgetAlert;
import mooring.ledger.BudgetSubject;
import mooring.ledger.Budgets;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Nodes;
import mooring.ledger.Purse;
import mooring.ledger.Together;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.testing.Await;
import mooring.testing.MovingClock;
import mooring.time.PeriodLength;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Budgets on real PostgreSQL: enforced by nodes that lease, counted by the books.
///
/// A token costs 0.000001; most requests hold and cost one.
class BudgetsTest {

    private static final long UNIT = 1_000;

    /// Those of the test under way.
    private static final List<BudgetNode> NODES = new ArrayList<>();

    private static LedgerWorld world;

    @BeforeAll
    static void open() {
        world = new LedgerWorld();
        // Days of budgets do not change under the tests.
        world.clock.standStill();
    }

    @AfterAll
    static void close() {
        assertThat(world.findings()).isEmpty();
        world.close();
    }

    @AfterEach
    void stop() {
        NODES.forEach(BudgetNode::close);
        NODES.clear();
    }

    @Test
    void g8B34TwoHundredAtOnceOnABudgetForThreeServeThree() {
        Customer customer = world.customer("g8", "1000");
        Budgets.Use budget = daily(customer, tokens(3));
        Principal principal = principal(customer);
        AtomicInteger served = new AtomicInteger();
        try (BudgetNode node = node("g8", "2026-06-10T12:00:00Z")) {
            List<HoldDecision> decisions =
                    Together.run(
                            200,
                            _ ->
                                    () -> {
                                        HoldDecision decision = node.place(principal, tokens(1));
                                        if (decision instanceof HoldDecision.Granted(Hold hold)) {
                                            served.incrementAndGet();
                                            node.charge(customer, hold, 1);
                                        }
                                        return decision;
                                    });
            assertThat(served).hasValue(3);
            Purse purse = new Purse.OfBudget(budget.budget().id(), LocalDate.parse("2026-06-10"));
            assertThat(decisions)
                    .filteredOn(HoldDecision.Refused.class::isInstance)
                    .hasSize(197)
                    .allSatisfy(
                            refused ->
                                    assertThat(((HoldDecision.Refused) refused).purse())
                                            .isEqualTo(purse));
            node.leave();
        }
        assertThat(spent(budget, "2026-06-10")).isEqualTo(3 * UNIT);
        assertThat(held(budget, "2026-06-10")).isZero();
    }

    @Test
    void g10ThreeNodesHaveOneCap() {
        Customer customer = world.customer("g10", "1000");
        Budgets.Use budget = daily(customer, tokens(100));
        Principal principal = principal(customer);
        AtomicInteger served = new AtomicInteger();
        List<BudgetNode> nodes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            nodes.add(node("g10-" + i, "2026-06-10T12:00:00Z"));
        }
        Together.run(
                24, thread -> untilRefused(nodes.get(thread % 3), customer, principal, served));
        nodes.forEach(BudgetNode::leave);
        assertThat(served).hasValue(100);
        assertThat(spent(budget, "2026-06-10")).isEqualTo(100 * UNIT);
        assertThat(held(budget, "2026-06-10")).isZero();
        assertThat(alerts(budget))
                .containsExactly("2026-06-10 50", "2026-06-10 80", "2026-06-10 100");
    }

    @Test
    void aCostAboveItsHoldIsCountedBeyondTheLimit() {
        Customer customer = world.customer("overshoot", "1000");
        Budgets.Use budget = daily(customer, tokens(2));
        Principal principal = principal(customer);
        try (BudgetNode node = node("overshoot", "2026-06-10T12:00:00Z")) {
            node.charge(customer, node.granted(principal, tokens(2)), 5);
            node.awaitBooked();
            assertThat(node.place(principal, tokens(1))).isInstanceOf(HoldDecision.Refused.class);
            node.leave();
        }
        assertThat(spent(budget, "2026-06-10")).isEqualTo(5 * UNIT);
        assertThat(held(budget, "2026-06-10")).isZero();
        assertThat(alerts(budget))
                .containsExactly("2026-06-10 50", "2026-06-10 80", "2026-06-10 100");
    }

    @Test
    void aDayOf23HoursAndOneOf25EndWhenTheZoneSaysAndCountWhatTheyAdmitted() {
        Customer customer = world.customer("days", "1000");
        world.organizations.changeZone(
                customer.organization().id(), ZoneId.of("America/Los_Angeles"));
        Budgets.Use budget = daily(customer, tokens(1));
        Principal principal = principal(customer);
        MovingClock clock = new MovingClock("2027-03-14T08:00:00Z");
        try (BudgetNode node = node("days", clock)) {
            Hold last = node.granted(principal, tokens(1));
            clock.moveTo("2027-03-15T06:59:59.999999Z");
            assertThat(node.place(principal, tokens(1))).isInstanceOf(HoldDecision.Refused.class);
            clock.moveTo("2027-03-15T07:00:00Z");
            Hold first = node.granted(principal, tokens(1));
            node.charge(customer, last, 1);
            node.charge(customer, first, 1);
            clock.moveTo("2027-11-07T07:00:00Z");
            node.charge(customer, node.granted(principal, tokens(1)), 1);
            clock.moveTo("2027-11-08T07:59:59.999999Z");
            assertThat(node.place(principal, tokens(1))).isInstanceOf(HoldDecision.Refused.class);
            clock.moveTo("2027-11-08T08:00:00Z");
            node.charge(customer, node.granted(principal, tokens(1)), 1);
            node.leave();
        }
        for (String day : List.of("2027-03-14", "2027-03-15", "2027-11-07", "2027-11-08")) {
            assertThat(spent(budget, day)).as(day).isEqualTo(UNIT);
            assertThat(held(budget, day)).as(day).isZero();
        }
        assertThat(alerts(budget)).contains("2027-03-14 100", "2027-11-08 100").hasSize(12);
        List<Integer> hours =
                world.jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                SELECT extract(epoch FROM ends_at
                                                    - starts_at)::int / 3600
                                                FROM budget_period WHERE budget_id = :id
                                                ORDER BY starts_on
                                                """)
                                        .bind("id", budget.budget().id().uuid())
                                        .mapTo(Integer.class)
                                        .list());
        assertThat(hours).containsExactly(23, 24, 25, 24);
    }

    @Test
    void aMonthAndADayLimitTheSameRequests() {
        Customer customer = world.customer("both", "1000");
        daily(customer, tokens(2));
        Budgets.Use month = budget(customer, PeriodLength.MONTH, tokens(3));
        Principal principal = principal(customer);
        MovingClock clock = new MovingClock("2026-01-30T12:00:00Z");
        try (BudgetNode node = node("both", clock)) {
            AtomicInteger served = new AtomicInteger();
            for (String instant :
                    List.of(
                            "2026-01-30T12:00:00Z",
                            "2026-01-31T23:59:59Z",
                            "2026-02-01T00:00:00Z")) {
                clock.moveTo(instant);
                run(untilRefused(node, customer, principal, served));
            }
            assertThat(served).hasValue(5);
            node.leave();
        }
        assertThat(spent(month, "2026-01-01")).isEqualTo(3 * UNIT);
        assertThat(spent(month, "2026-02-01")).isEqualTo(2 * UNIT);
    }

    @Test
    void aLimitRaisedUnderLoadIsSpentToTheLastAndALoweredOneStopsAtOnce() {
        Customer customer = world.customer("changes", "1000");
        Budgets.Use budget = daily(customer, tokens(40));
        OrganizationId organization = customer.organization().id();
        BudgetId id = budget.budget().id();
        Principal principal = principal(customer);
        AtomicInteger served = new AtomicInteger();
        List<BudgetNode> nodes = List.of(today("changes-0"), today("changes-1"));
        Together.run(
                9,
                thread ->
                        thread == 8
                                ? (Callable<Object>)
                                        () -> {
                                            Await.until(
                                                    "load",
                                                    LedgerWorld.PATIENCE,
                                                    () -> served.get() > 10);
                                            return world.budgets
                                                    .change(organization, id, tokens(90), null)
                                                    .isPresent();
                                        }
                                : untilRefused(nodes.get(thread % 2), customer, principal, served));
        // Whoever gave up before the change was heard comes again.
        Together.run(8, thread -> untilRefused(nodes.get(thread % 2), customer, principal, served));
        assertThat(served).hasValue(90);
        assertThat(world.budgets.change(organization, id, tokens(95), null)).isPresent();
        Hold running = nodes.getFirst().granted(principal, tokens(1));
        world.budgets.change(organization, id, tokens(10), null);
        Await.until(
                "the last money in hand is recalled",
                LedgerWorld.PATIENCE,
                () -> nodes.getFirst().place(principal, tokens(1)) instanceof HoldDecision.Refused);
        nodes.getFirst().charge(customer, running, 1);
        nodes.forEach(BudgetNode::leave);
        Budgets.Use left = world.budgets.list(organization, null, 10).getFirst();
        assertThat(left.left()).isEqualTo(tokens(0));
        assertThat(left.spent().nanos()).isBetween(91 * UNIT, 95 * UNIT);
        assertThat(left.held()).isEqualTo(tokens(0));
    }

    @Test
    void anEndedBudgetRefusesNobodyNotEvenThoseWhoHaveNotHeard() {
        Customer customer = world.customer("ended", "1000");
        Budgets.Use budget = daily(customer, tokens(5));
        OrganizationId organization = customer.organization().id();
        Principal stale = principal(customer);
        AtomicInteger served = new AtomicInteger();
        BudgetNode node = today("ended");
        Together.run(8, _ -> untilRefused(node, customer, stale, served));
        assertThat(served).hasValue(5);
        assertThat(world.budgets.end(organization, budget.budget().id())).isPresent();
        assertThat(world.budgets.end(organization, budget.budget().id())).isEmpty();
        assertThat(principal(customer).budgets()).isEmpty();
        Together.run(
                8,
                thread ->
                        () -> {
                            Principal asks = thread % 2 == 0 ? stale : principal(customer);
                            node.charge(customer, node.granted(asks, tokens(1)), 1);
                            return thread;
                        });
        node.leave();
        assertThat(world.budgets.list(organization, null, 10)).isEmpty();
        assertThat(world.balance(customer).held()).isEqualTo(tokens(0));
        // Another one may follow, and begins anew.
        assertThat(daily(customer, tokens(1)).spent()).isEqualTo(tokens(0));
    }

    @Test
    void whatALostNodeHeldGoesBackAndItsLateRecordCountsAllTheSame() {
        Customer customer = world.customer("late", "1000");
        Budgets.Use budget = daily(customer, tokens(10));
        Principal principal = principal(customer);
        BudgetNode lost = today("late");
        Hold hold = lost.granted(principal, tokens(4));
        lost.close();
        assertThat(total(budget, "held")).isGreaterThanOrEqualTo(4 * UNIT);
        BudgetNode again = today("late");
        new PostgresLeaseStore(world.jdbi).close(again.node);
        assertThat(total(budget, "held")).isZero();
        world.books.book(List.of(world.record(customer, hold, 4)));
        assertThat(total(budget, "spent")).isEqualTo(4 * UNIT);
        again.leave();
    }

    @Test
    void aSilentNodeWhoseLeasesAreOfBudgetsAloneIsSuspectToo() {
        Customer customer = world.customer("silent", "1000");
        Purse purse =
                new Purse.OfBudget(
                        daily(customer, tokens(10)).budget().id(), LocalDate.parse("2026-06-10"));
        NodeEpoch node = new NodeRegistration(world.jdbi, world.clock).begin("budgets-only");
        PostgresLeaseStore store = new PostgresLeaseStore(world.jdbi);
        store.heartbeat(node, Duration.ofSeconds(30), Map.of());
        store.acquire(
                node, List.of(new Need(purse, 1, tokens(4), tokens(4), tokens(4), tokens(0))));
        world.jdbi.useHandle(
                handle ->
                        handle.execute(
                                "UPDATE node SET leases_until = clock_timestamp() - interval '1"
                                        + " minute' WHERE id = 'budgets-only'"));
        PostgresNodes nodes = new PostgresNodes(world.jdbi);

        nodes.watch();

        assertThat(nodes.list())
                .filteredOn(each -> each.node().equals(node))
                .singleElement()
                .satisfies(
                        each -> {
                            assertThat(each.state()).isEqualTo(Nodes.State.SUSPECT);
                            assertThat(each.suspectSince()).isNotNull();
                        });
        nodes.lost(node.node());
    }

    @Test
    void aChargeInAPeriodThatNobodyLeasedOfIsCounted() {
        Customer customer = world.customer("no period", "1000");
        Budgets.Use budget = daily(customer, tokens(10));
        Purse.OfBudget purse =
                new Purse.OfBudget(budget.budget().id(), LocalDate.parse("2026-06-10"));
        Hold hold =
                new Hold(
                        world.ids.nextRequest(),
                        customer.principal().wallet(),
                        List.of(purse),
                        tokens(0));
        UsageRecord record = world.record(customer, hold, 6);
        world.books.book(List.of(record));
        world.books.book(List.of(record));
        assertThat(spent(budget, "2026-06-10")).isEqualTo(6 * UNIT);
        assertThat(alerts(budget)).containsExactly("2026-06-10 50");
    }

    @Test
    void aLoweredLimitTellsWhatItMakesDue() {
        Customer customer = world.customer("due", "1000");
        Budgets.Use budget = daily(customer, tokens(100));
        BudgetNode node = today("due");
        node.charge(customer, node.granted(principal(customer), tokens(10)), 10);
        node.leave();
        assertThat(alerts(budget)).isEmpty();
        Budgets.Use changed =
                world.budgets
                        .change(
                                customer.organization().id(),
                                budget.budget().id(),
                                tokens(20),
                                List.of(90, 50, 50))
                        .orElseThrow();
        assertThat(changed.budget().thresholds()).containsExactly(50, 90);
        assertThat(changed.spent()).isEqualTo(tokens(10));
        assertThat(changed.left()).isEqualTo(tokens(10));
        assertThat(alerts(budget)).singleElement().asString().endsWith(" 50");
    }

    @Test
    void aBudgetIsForWhatTheOrganizationOwns() {
        Customer customer = world.customer("owner");
        Customer other = world.customer("other");
        OrganizationId organization = customer.organization().id();
        for (BudgetSubject subject :
                List.of(
                        new BudgetSubject.OfOrganization(other.organization().id()),
                        new BudgetSubject.OfProject(other.principal().project()),
                        new BudgetSubject.OfKey(other.principal().key()))) {
            refused(
                    Problem.NotFound.class,
                    () ->
                            world.budgets.create(
                                    organization, subject, PeriodLength.DAY, tokens(1), List.of()));
        }
        daily(customer, tokens(1));
        refused(Problem.Conflict.class, () -> daily(customer, tokens(2)));
        BudgetSubject own = new BudgetSubject.OfKey(customer.principal().key());
        for (Callable<?> wrong :
                List.<Callable<?>>of(
                        () -> create(organization, own, Money.parse("1", other("CNY")), List.of()),
                        () -> create(organization, own, tokens(-1), List.of()),
                        () -> create(organization, own, tokens(1), List.of(0)),
                        () -> create(organization, own, tokens(1), List.of(101)))) {
            refused(Problem.InvalidRequest.class, wrong);
        }
        BudgetId id = daily(other, tokens(1)).budget().id();
        assertThat(world.budgets.change(organization, id, tokens(5), null)).isEmpty();
        assertThat(world.budgets.end(organization, id)).isEmpty();
    }

    @Test
    void aKeyCountsAgainstItsOrganizationsItsProjectsAndItsOwnBudgets() {
        Customer customer = world.customer("scopes", "1000");
        OrganizationId organization = customer.organization().id();
        var project = world.projects.create(organization, "research");
        var secret = world.keys.create(organization, project.id(), "research").secret();
        Budgets.Use all = daily(customer, tokens(100));
        Budgets.Use part =
                create(
                        organization,
                        new BudgetSubject.OfProject(project.id()),
                        tokens(10),
                        Budgets.STANDARD_THRESHOLDS);
        Budgets.Use own =
                create(
                        organization,
                        new BudgetSubject.OfKey(customer.principal().key()),
                        tokens(1),
                        List.of());
        Principal researcher = world.keys.principal(secret.hash()).orElseThrow();
        assertThat(researcher.project()).isEqualTo(project.id());
        assertThat(researcher.budgets().stream().map(ActiveBudget::id))
                .containsExactly(all.budget().id(), part.budget().id());
        assertThat(principal(customer).budgets().stream().map(ActiveBudget::id))
                .containsExactly(all.budget().id(), own.budget().id());
        assertThat(world.customer("without").principal().budgets()).isEmpty();
    }

    @Test
    void aChangedZoneLeavesTheDayUnderWayAsItIs() {
        Customer customer = world.customer("zones", "1000");
        OrganizationId organization = customer.organization().id();
        Budgets.Use before = daily(customer, tokens(5));
        assertThat(world.organizations.changeZone(organization, ZoneId.of("Pacific/Kiritimati")))
                .hasValueSatisfying(
                        changed ->
                                assertThat(changed.zone().getId()).isEqualTo("Pacific/Kiritimati"));
        Budgets.Use after = world.budgets.list(organization, null, 1).getFirst();
        assertThat(after.period()).isEqualTo(before.period());
        ActiveBudget active = principal(customer).budgets().getFirst();
        assertThat(active.purse(before.period().to()).startsOn())
                .isAfter(before.period().startsOn());
        assertThat(active.periods().zone().getId()).isEqualTo("Pacific/Kiritimati");
        assertThat(
                        world.organizations.changeZone(
                                new OrganizationId(world.ids.next()), ZoneId.of("UTC")))
                .isEmpty();
    }

    // The world -----------------------------------------------------------------------------

    private static Callable<Object> untilRefused(
            BudgetNode node, Customer customer, Principal principal, AtomicInteger served) {
        return () -> {
            while (node.place(principal, tokens(1)) instanceof HoldDecision.Granted(Hold hold)) {
                node.charge(customer, hold, 1);
                served.incrementAndGet();
            }
            return served.get();
        };
    }

    private static void run(Callable<?> work) {
        try {
            work.call();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void refused(Class<? extends Problem> problem, Callable<?> work) {
        assertThatThrownBy(work::call)
                .isInstanceOfSatisfying(
                        ProblemException.class, e -> assertThat(e.problem()).isInstanceOf(problem));
    }

    private static BudgetNode node(String id, String instant) {
        return node(id, new MovingClock(instant));
    }

    private static BudgetNode node(String id, MovingClock clock) {
        BudgetNode node = new BudgetNode(world, id, clock);
        NODES.add(node);
        return node;
    }

    private static BudgetNode today(String id) {
        return node(id, world.clock.now().toString());
    }

    private static Budgets.Use daily(Customer customer, Money limit) {
        return budget(customer, PeriodLength.DAY, limit);
    }

    private static Budgets.Use budget(Customer customer, PeriodLength length, Money limit) {
        return world.budgets.create(
                customer.organization().id(),
                new BudgetSubject.OfOrganization(customer.organization().id()),
                length,
                limit,
                Budgets.STANDARD_THRESHOLDS);
    }

    private static Budgets.Use create(
            OrganizationId organization,
            BudgetSubject subject,
            Money limit,
            List<Integer> thresholds) {
        return world.budgets.create(organization, subject, PeriodLength.DAY, limit, thresholds);
    }

    /// The customer's key with the budgets that are in force by now.
    private static Principal principal(Customer customer) {
        return customer.principal()
                .withBudgets(
                        world.jdbi.withHandle(
                                handle ->
                                        BudgetsInForce.of(handle, customer.organization().id())
                                                .of(
                                                        customer.organization().id(),
                                                        customer.principal().project(),
                                                        customer.principal().key())));
    }

    private static Money tokens(long count) {
        return new Money(count * UNIT, world.currency());
    }

    private static mooring.money.Currency other(String code) {
        return new mooring.money.Currency(code);
    }

    private static List<String> alerts(Budgets.Use use) {
        return world.alerts.stream()
                .filter(alert -> alert.budget().id().equals(use.budget().id()))
                .sorted(
                        java.util.Comparator.comparing(
                                        (BudgetAlert alert) -> alert.period().startsOn())
                                .thenComparingInt(BudgetAlert::threshold))
                .map(alert -> alert.period().startsOn() + " " + alert.threshold())
                .toList();
    }

    private static long spent(Budgets.Use use, String startsOn) {
        return amount(use, startsOn, "spent");
    }

    private static long held(Budgets.Use use, String startsOn) {
        return amount(use, startsOn, "held");
    }

    private static long amount(Budgets.Use use, String startsOn, String column) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "SELECT "
                                                + column
                                                + " FROM budget_period WHERE budget_id = :id AND"
                                                + " starts_on = :start")
                                .bind("id", use.budget().id().uuid())
                                .bind("start", LocalDate.parse(startsOn))
                                .mapTo(Long.class)
                                .one());
    }

    private static long total(Budgets.Use use, String column) {
        return world.jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        "SELECT sum("
                                                + column
                                                + ")::bigint FROM budget_period WHERE budget_id ="
                                                + " :id")
                                .bind("id", use.budget().id().uuid())
                                .mapTo(Long.class)
                                .one());
    }
}
