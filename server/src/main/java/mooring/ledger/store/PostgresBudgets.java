package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ledger.Budget;
import mooring.ledger.BudgetSubject;
import mooring.ledger.Budgets;
import mooring.ledger.Purse;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import mooring.time.Period;
import mooring.time.PeriodLength;
import mooring.time.Periods;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/// Budgets in PostgreSQL. A change also reaches the periods that have not ended, in one
/// transaction, and the money that nodes have leased of them for later.
public final class PostgresBudgets implements Budgets {

    /// The most rows of one page.
    private static final int MAX_LIMIT = 1_000;

    private static final String UNIQUE_VIOLATION = "23505";

    private record Rules(Budget budget, Periods periods) {}

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;
    private final Alerts alerts;

    public PostgresBudgets(Jdbi jdbi, Clock clock, IdGenerator ids, Alerts alerts) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
        this.alerts = alerts;
    }

    @Override
    public Use create(
            OrganizationId organization,
            BudgetSubject subject,
            PeriodLength period,
            Money limit,
            List<Integer> thresholds) {
        requireLimit(limit);
        Budget budget =
                new Budget(
                        new BudgetId(ids.next()),
                        organization,
                        subject,
                        period,
                        limit,
                        sorted(thresholds),
                        clock.now(),
                        null);
        return jdbi.inTransaction(
                handle -> {
                    requireCurrency(limit, currency(handle, organization));
                    requireSubject(handle, organization, subject);
                    insert(handle, budget);
                    return use(handle, organization, budget.id()).orElseThrow();
                });
    }

    @Override
    public List<Use> list(OrganizationId organization, @Nullable BudgetId after, int limit) {
        return jdbi.withHandle(
                handle ->
                        rules(handle, organization, null, after, Math.clamp(limit, 0, MAX_LIMIT))
                                .stream()
                                .map(rules -> use(handle, rules))
                                .toList());
    }

    @Override
    public Optional<Use> change(
            OrganizationId organization,
            BudgetId id,
            @Nullable Money limit,
            @Nullable List<Integer> thresholds) {
        if (limit != null) {
            requireLimit(limit);
        }
        List<Integer> percents = thresholds == null ? null : sorted(thresholds);
        Optional<Use> changed =
                jdbi.inTransaction(
                        handle -> {
                            if (limit != null) {
                                requireCurrency(limit, currency(handle, organization));
                            }
                            if (!update(handle, organization, id, limit, percents)) {
                                return Optional.empty();
                            }
                            List<Purse.OfBudget> open =
                                    limitOpen(handle, id, limit == null ? null : limit.nanos());
                            PostgresBudgetBooks.raiseDue(handle, alerts, open, clock.now());
                            return use(handle, organization, id);
                        });
        if (changed.isPresent() && limit != null) {
            recall(id);
        }
        return changed;
    }

    @Override
    public Optional<Use> end(OrganizationId organization, BudgetId id) {
        return jdbi.inTransaction(
                handle -> {
                    Optional<Use> use = use(handle, organization, id);
                    int ended =
                            handle.createUpdate(
                                            """
                                            UPDATE budget SET ended_at = :at
                                            WHERE id = :id AND organization_id = :organization
                                                AND ended_at IS NULL
                                            """)
                                    .bind("at", clock.now())
                                    .bind("id", id.uuid())
                                    .bind("organization", organization.uuid())
                                    .execute();
                    if (ended == 0) {
                        return Optional.empty();
                    }
                    handle.createUpdate(
                                    """
                                    UPDATE budget_period SET amount = NULL
                                    WHERE budget_id = :id AND ends_at > :now
                                    """)
                            .bind("id", id.uuid())
                            .bind("now", clock.now())
                            .execute();
                    return use;
                });
    }

    /// The transaction has the budget's row: a period made meanwhile waits for it.
    private boolean update(
            Handle handle,
            OrganizationId organization,
            BudgetId id,
            @Nullable Money limit,
            @Nullable List<Integer> thresholds) {
        return handle.createUpdate(
                                """
                                UPDATE budget SET amount = coalesce(:amount, amount),
                                    thresholds = coalesce(CAST(:thresholds AS smallint[]),
                                        thresholds)
                                WHERE id = :id AND organization_id = :organization
                                    AND ended_at IS NULL
                                """)
                        .bindByType("amount", limit == null ? null : limit.nanos(), Long.class)
                        .bindByType(
                                "thresholds",
                                thresholds == null ? null : array(thresholds),
                                String.class)
                        .bind("id", id.uuid())
                        .bind("organization", organization.uuid())
                        .execute()
                == 1;
    }

    /// The periods that have not ended, with their limit as it is now.
    private List<Purse.OfBudget> limitOpen(Handle handle, BudgetId id, @Nullable Long amount) {
        return handle.createQuery(
                        """
                        WITH locked AS (
                            SELECT budget_id, starts_on FROM budget_period
                            WHERE budget_id = :id AND ends_at > :now
                            ORDER BY starts_on FOR UPDATE
                        )
                        UPDATE budget_period p SET amount = coalesce(:amount, p.amount)
                        FROM locked l
                        WHERE p.budget_id = l.budget_id AND p.starts_on = l.starts_on
                        RETURNING p.starts_on
                        """)
                .bind("id", id.uuid())
                .bind("now", clock.now())
                .bindByType("amount", amount, Long.class)
                .map(
                        (row, _) ->
                                new Purse.OfBudget(id, row.getObject("starts_on", LocalDate.class)))
                .list();
    }

    /// A lower limit is one for what nodes have in hand, too.
    private void recall(BudgetId id) {
        jdbi.useHandle(
                handle -> {
                    List<Purse> leased =
                            handle.createQuery(
                                            """
                                            SELECT DISTINCT starts_on FROM budget_lease
                                            WHERE budget_id = :id AND amount > in_use
                                            """)
                                    .bind("id", id.uuid())
                                    .map(
                                            (row, _) ->
                                                    (Purse)
                                                            new Purse.OfBudget(
                                                                    id,
                                                                    row.getObject(
                                                                            "starts_on",
                                                                            LocalDate.class)))
                                    .list();
                    if (!leased.isEmpty()) {
                        BudgetLeases.recallAll(handle, leased);
                    }
                });
    }

    private Optional<Use> use(Handle handle, OrganizationId organization, BudgetId id) {
        return rules(handle, organization, id, null, 1).stream()
                .map(rules -> use(handle, rules))
                .findFirst();
    }

    private Use use(Handle handle, Rules rules) {
        Budget budget = rules.budget();
        Period period = rules.periods().at(clock.now());
        Money zero = Money.zero(budget.limit().currency());
        return handle.createQuery(
                        """
                        SELECT p.spent, coalesce((
                            SELECT sum(l.in_use) FROM budget_lease l
                            WHERE l.budget_id = p.budget_id AND l.starts_on = p.starts_on
                        ), 0)::bigint AS held
                        FROM budget_period p WHERE p.budget_id = :id AND p.starts_on = :start
                        """)
                .bind("id", budget.id().uuid())
                .bind("start", period.startsOn())
                .map(
                        (row, _) ->
                                new Use(
                                        budget,
                                        period,
                                        new Money(row.getLong("spent"), zero.currency()),
                                        new Money(row.getLong("held"), zero.currency())))
                .findOne()
                .orElseGet(() -> new Use(budget, period, zero, zero));
    }

    private static List<Rules> rules(
            Handle handle,
            OrganizationId organization,
            @Nullable BudgetId id,
            @Nullable BudgetId after,
            int limit) {
        return handle.createQuery(
                        "SELECT "
                                + BudgetRows.COLUMNS
                                + ", "
                                + ZonePeriods.COLUMNS
                                + """
                                FROM budget b JOIN organization o ON o.id = b.organization_id
                                WHERE b.organization_id = :organization AND b.ended_at IS NULL
                                    AND (CAST(:id AS uuid) IS NULL OR b.id = CAST(:id AS uuid))
                                    AND (CAST(:after AS uuid) IS NULL
                                        OR b.id > CAST(:after AS uuid))
                                ORDER BY b.id LIMIT :limit
                                """)
                .bind("organization", organization.uuid())
                .bindByType("id", id == null ? null : id.uuid(), UUID.class)
                .bindByType("after", after == null ? null : after.uuid(), UUID.class)
                .bind("limit", limit)
                .map((row, _) -> rules(row))
                .list();
    }

    private static Rules rules(ResultSet row) throws SQLException {
        Budget budget = BudgetRows.read(row);
        return new Rules(budget, ZonePeriods.read(row, budget.period()));
    }

    private void insert(Handle handle, Budget budget) {
        try {
            handle.createUpdate(
                            """
                            INSERT INTO budget (id, organization_id, scope, subject_id, period,
                                currency, amount, thresholds, created_at)
                            VALUES (:id, :organization, :scope, :subject, :period, :currency,
                                :amount, CAST(:thresholds AS smallint[]), :at)
                            """)
                    .bind("id", budget.id().uuid())
                    .bind("organization", budget.organization().uuid())
                    .bind("scope", budget.subject().scope().text())
                    .bind("subject", budget.subject().uuid())
                    .bind("period", BudgetRows.text(budget.period()))
                    .bind("currency", budget.limit().currency().code())
                    .bind("amount", budget.limit().nanos())
                    .bind("thresholds", array(budget.thresholds()))
                    .bind("at", budget.createdAt())
                    .execute();
        } catch (JdbiException e) {
            if (UNIQUE_VIOLATION.equals(SqlFaults.state(e))) {
                throw new ProblemException(
                        new Problem.Conflict(
                                budget.subject().id()
                                        + " has a budget by the "
                                        + BudgetRows.text(budget.period())
                                        + " already (expected: none; change that one)"),
                        e);
            }
            throw e;
        }
    }

    private static Currency currency(Handle handle, OrganizationId organization) {
        return handle.createQuery("SELECT currency FROM organization WHERE id = :id")
                .bind("id", organization.uuid())
                .mapTo(String.class)
                .findOne()
                .map(Currency::new)
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "no organization " + organization + " here")));
    }

    private static void requireSubject(
            Handle handle, OrganizationId organization, BudgetSubject subject) {
        String table =
                switch (subject) {
                    case BudgetSubject.OfOrganization _ -> "organization";
                    case BudgetSubject.OfProject _ -> "project";
                    case BudgetSubject.OfKey _ -> "api_key";
                };
        String owner = table.equals("organization") ? "id" : "organization_id";
        boolean owned =
                handle.createQuery(
                                "SELECT EXISTS (SELECT FROM "
                                        + table
                                        + " WHERE id = :subject AND "
                                        + owner
                                        + " = :organization)")
                        .bind("subject", subject.uuid())
                        .bind("organization", organization.uuid())
                        .mapTo(Boolean.class)
                        .one();
        if (!owned) {
            throw new ProblemException(
                    new Problem.NotFound(
                            subject.id()
                                    + " does not exist (expected: the id of a "
                                    + subject.scope().text()
                                    + " of "
                                    + organization
                                    + ")"));
        }
    }

    private static void requireLimit(Money limit) {
        if (limit.negative()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of("limit", limit.text(), "0 or more"));
        }
    }

    private static void requireCurrency(Money limit, Currency currency) {
        if (!limit.currency().equals(currency)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "currency",
                            limit.currency(),
                            currency + ", the organization's currency"));
        }
    }

    private static List<Integer> sorted(List<Integer> thresholds) {
        List<Integer> sorted = thresholds.stream().distinct().sorted().toList();
        if (sorted.size() > MAX_THRESHOLDS
                || (!sorted.isEmpty() && (sorted.getFirst() < 1 || sorted.getLast() > 100))) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "thresholds",
                            thresholds,
                            "at most " + MAX_THRESHOLDS + " whole percents from 1 to 100"));
        }
        return sorted;
    }

    private static String array(List<Integer> numbers) {
        return numbers.toString().replace('[', '{').replace(']', '}');
    }
}
