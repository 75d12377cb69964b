package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ledger.Budget;
import mooring.ledger.BudgetAlert;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import mooring.time.Clock;
import mooring.time.Period;
import org.jdbi.v3.core.Handle;

/// Budgets' periods in PostgreSQL, for settlement: gathered by period, then written in one round
/// trip, which also tells which thresholds they have reached.
public final class PostgresBudgetBooks implements BudgetBooks {

    private record Draw(Purse.OfBudget purse, NodeEpoch node) {}

    private record Reached(Purse.OfBudget purse, int percent) {}

    private final Alerts alerts;
    private final Clock clock;

    public PostgresBudgetBooks(Alerts alerts, Clock clock) {
        this.alerts = alerts;
        this.clock = clock;
    }

    /// A charge counts whole, whatever its wallet could pay. The lesser of charge and hold leaves
    /// the lease, as far as that is still there.
    @Override
    public void settle(Handle handle, List<BudgetCharge> all) {
        Map<Purse.OfBudget, Long> charges = new LinkedHashMap<>();
        Map<Draw, Long> draws = new LinkedHashMap<>();
        for (BudgetCharge each : all) {
            long charge = each.charge().nanos();
            long drawn = Math.min(charge, each.hold().nanos());
            if (charge > 0) {
                charges.merge(each.budget(), charge, Math::addExact);
            }
            if (drawn > 0) {
                draws.merge(new Draw(each.budget(), each.node()), drawn, Math::addExact);
            }
        }
        if (charges.isEmpty()) {
            return;
        }
        Instant at = clock.now();
        List<Reached> answer = call(handle, charges, draws, at);
        List<Purse.OfBudget> unmade =
                answer.stream().filter(row -> row.percent() == 0).map(Reached::purse).toList();
        if (!unmade.isEmpty()) {
            BudgetPeriods.make(handle, unmade);
            answer = call(handle, charges, draws, at);
        }
        raise(handle, alerts, answer, at);
    }

    /// Raises what these periods' limits, just changed, make due.
    static void raiseDue(Handle handle, Alerts alerts, List<Purse.OfBudget> periods, Instant at) {
        List<Reached> due =
                handle.createQuery(
                                """
                                SELECT budget, start, percent
                                FROM budget_alerts_due(:budgets, :starts, :at)
                                """)
                        .bind(
                                "budgets",
                                SqlArrays.column("uuid", periods, each -> each.budget().uuid()))
                        .bind("starts", SqlArrays.column("date", periods, Purse.OfBudget::startsOn))
                        .bind("at", at)
                        .map((row, _) -> reached(row))
                        .list();
        raise(handle, alerts, due, at);
    }

    private static List<Reached> call(
            Handle handle, Map<Purse.OfBudget, Long> charges, Map<Draw, Long> draws, Instant at) {
        List<Map.Entry<Purse.OfBudget, Long>> periods = new ArrayList<>(charges.entrySet());
        List<Map.Entry<Draw, Long>> leases = new ArrayList<>(draws.entrySet());
        return handle.createQuery(
                        """
                        SELECT budget, start, percent
                        FROM budget_settle(:budgets, :starts, :charges, :leaseBudgets,
                            :leaseStarts, :nodes, :epochs, :draws, :at)
                        """)
                .bind("budgets", SqlArrays.column("uuid", periods, e -> e.getKey().budget().uuid()))
                .bind("starts", SqlArrays.column("date", periods, e -> e.getKey().startsOn()))
                .bind("charges", SqlArrays.column("int8", periods, Map.Entry::getValue))
                .bind(
                        "leaseBudgets",
                        SqlArrays.column("uuid", leases, e -> e.getKey().purse().budget().uuid()))
                .bind(
                        "leaseStarts",
                        SqlArrays.column("date", leases, e -> e.getKey().purse().startsOn()))
                .bind("nodes", SqlArrays.column("text", leases, e -> e.getKey().node().node()))
                .bind("epochs", SqlArrays.column("int8", leases, e -> e.getKey().node().epoch()))
                .bind("draws", SqlArrays.column("int8", leases, Map.Entry::getValue))
                .bind("at", at)
                .map((row, _) -> reached(row))
                .list();
    }

    /// 0 percent where the period is not there yet.
    private static Reached reached(ResultSet row) throws SQLException {
        return new Reached(
                new Purse.OfBudget(
                        new BudgetId(row.getObject("budget", UUID.class)),
                        row.getObject("start", LocalDate.class)),
                row.getInt("percent"));
    }

    private static void raise(Handle handle, Alerts alerts, List<Reached> due, Instant at) {
        for (Reached reached : due) {
            alerts.raise(handle, alert(handle, reached), at);
        }
    }

    private static BudgetAlert alert(Handle handle, Reached reached) {
        return handle.createQuery(
                        "SELECT p.starts_at, p.ends_at, p.spent, "
                                + BudgetRows.COLUMNS
                                + """
                                FROM budget_period p JOIN budget b ON b.id = p.budget_id
                                WHERE p.budget_id = :budget AND p.starts_on = :start
                                """)
                .bind("budget", reached.purse().budget().uuid())
                .bind("start", reached.purse().startsOn())
                .map(
                        (row, _) -> {
                            Budget budget = BudgetRows.read(row);
                            return new BudgetAlert(
                                    budget,
                                    new Period(
                                            reached.purse().startsOn(),
                                            instant(row, "starts_at"),
                                            instant(row, "ends_at")),
                                    reached.percent(),
                                    new Money(row.getLong("spent"), budget.limit().currency()));
                        })
                .one();
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
