package mooring.ledger.store;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ledger.Purse;
import mooring.sql.SqlArrays;
import mooring.time.Period;
import mooring.time.Periods;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Makes the rows of budgets' periods when they are first used.
final class BudgetPeriods {

    private record Rule(Periods periods, @Nullable Long amount) {}

    private record Row(UUID budget, Period period, @Nullable Long amount) {}

    private BudgetPeriods() {}

    /// Those that are there already stay as they are.
    ///
    /// @throws IllegalArgumentException when a budget is not on record
    static void make(Handle handle, Collection<Purse.OfBudget> purses) {
        // The budgets stay locked until the rows are there, so that a change of a limit finds them.
        handle.useTransaction(
                transaction -> {
                    Map<UUID, Rule> rules = rules(transaction, purses);
                    List<Row> rows = new ArrayList<>();
                    for (Purse.OfBudget purse : purses) {
                        rows.add(row(purse, rules.get(purse.budget().uuid())));
                    }
                    insert(transaction, rows);
                });
    }

    private static Row row(Purse.OfBudget purse, @Nullable Rule rule) {
        if (rule == null) {
            throw new IllegalArgumentException(purse.budget() + " (expected: a budget on record)");
        }
        LocalDate startsOn = purse.startsOn();
        Period period = rule.periods().startingOn(startsOn);
        if (!period.startsOn().equals(startsOn)) {
            // Of a time before the zone was changed: nobody knows its bounds any more.
            period =
                    Periods.of(rule.periods().length(), rule.periods().zone()).startingOn(startsOn);
        }
        return new Row(purse.budget().uuid(), period, rule.amount());
    }

    private static Map<UUID, Rule> rules(Handle handle, Collection<Purse.OfBudget> purses) {
        Map<UUID, Rule> rules = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT b.id, b.period, b.ended_at,
                            CASE WHEN b.ended_at IS NULL THEN b.amount END AS amount,
                        """
                                + ZonePeriods.COLUMNS
                                + """
                                FROM budget b JOIN organization o ON o.id = b.organization_id
                                WHERE b.id = ANY (:budgets)
                                ORDER BY b.id FOR SHARE OF b
                                """)
                .bind("budgets", SqlArrays.column("uuid", purses, purse -> purse.budget().uuid()))
                .map(
                        (row, _) ->
                                Map.entry(
                                        new BudgetId(row.getObject("id", UUID.class)),
                                        new Rule(
                                                ZonePeriods.read(row, BudgetRows.period(row)),
                                                row.getObject("amount", Long.class))))
                .forEach(rule -> rules.put(rule.getKey().uuid(), rule.getValue()));
        return rules;
    }

    private static void insert(Handle handle, List<Row> rows) {
        handle.createUpdate(
                        """
                        INSERT INTO budget_period (budget_id, starts_on, starts_at, ends_at, amount)
                        SELECT * FROM unnest(:budgets, :starts, CAST(:froms AS timestamptz[]),
                            CAST(:tos AS timestamptz[]), :amounts) AS p (id, first, begins, ends,
                            amount)
                        ORDER BY id, first
                        ON CONFLICT DO NOTHING
                        """)
                .bind("budgets", SqlArrays.column("uuid", rows, Row::budget))
                .bind("starts", SqlArrays.column("date", rows, row -> row.period().startsOn()))
                .bind(
                        "froms",
                        SqlArrays.column("text", rows, row -> row.period().from().toString()))
                .bind("tos", SqlArrays.column("text", rows, row -> row.period().to().toString()))
                .bind("amounts", SqlArrays.column("int8", rows, Row::amount))
                .execute();
    }
}
