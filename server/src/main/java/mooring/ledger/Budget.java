package mooring.ledger;

import java.time.Instant;
import java.util.List;
import mooring.ids.BudgetId;
import mooring.ids.OrganizationId;
import mooring.money.Money;
import mooring.time.PeriodLength;
import org.jspecify.annotations.Nullable;

/// How much may be spent in a day or a month by an organization, one of its projects or one of its
/// keys.
///
/// @param limit the most that requests admitted in one period may cost
/// @param thresholds percent of the limit at which people are told, rising
/// @param endedAt when it ceased to limit anything; null while it is in force
public record Budget(
        BudgetId id,
        OrganizationId organization,
        BudgetSubject subject,
        PeriodLength period,
        Money limit,
        List<Integer> thresholds,
        Instant createdAt,
        @Nullable Instant endedAt) {

    public Budget {
        thresholds = List.copyOf(thresholds);
    }
}
