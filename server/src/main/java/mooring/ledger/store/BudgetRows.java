package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import mooring.ids.BudgetId;
import mooring.ids.OrganizationId;
import mooring.ledger.Budget;
import mooring.ledger.BudgetSubject;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.time.PeriodLength;

/// Rows of budgets, read.
final class BudgetRows {

    /// Of `budget b`.
    static final String COLUMNS =
            """
            b.id, b.organization_id, b.scope, b.subject_id, b.period, b.currency, b.amount,
            b.thresholds, b.created_at, b.ended_at
            """;

    private BudgetRows() {}

    static Budget read(ResultSet row) throws SQLException {
        OffsetDateTime endedAt = row.getObject("ended_at", OffsetDateTime.class);
        return new Budget(
                new BudgetId(row.getObject("id", UUID.class)),
                new OrganizationId(row.getObject("organization_id", UUID.class)),
                BudgetSubject.of(
                        BudgetScope.parse(row.getString("scope")),
                        row.getObject("subject_id", UUID.class)),
                period(row),
                new Money(row.getLong("amount"), new Currency(row.getString("currency"))),
                thresholds(row),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                endedAt == null ? null : endedAt.toInstant());
    }

    static PeriodLength period(ResultSet row) throws SQLException {
        return PeriodLength.valueOf(row.getString("period").toUpperCase(Locale.ROOT));
    }

    static String text(PeriodLength period) {
        return period.name().toLowerCase(Locale.ROOT);
    }

    private static List<Integer> thresholds(ResultSet row) throws SQLException {
        return Arrays.stream((Object[]) row.getArray("thresholds").getArray())
                .map(percent -> ((Number) percent).intValue())
                .toList();
    }
}
