package mooring.ledger;

import java.time.Instant;
import mooring.ids.BudgetId;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.problem.Problem;
import mooring.time.Periods;

/// A budget in force, as the requests that it limits must know it.
///
/// @param periods the days or months that it is for, in the organization's zone
public record ActiveBudget(BudgetId id, BudgetScope scope, Money limit, Periods periods) {

    /// The period that counts a request admitted at this instant.
    public Purse.OfBudget purse(Instant admittedAt) {
        return new Purse.OfBudget(id, periods.at(admittedAt).startsOn());
    }

    /// Why a request is refused of which this budget's period cannot carry the most that it can
    /// cost.
    ///
    /// @param available what the period could still carry
    public Problem.BudgetExceeded exceeded(Purse.OfBudget purse, Money available) {
        Money used =
                available.compareTo(limit) < 0
                        ? limit.minus(available)
                        : Money.zero(limit.currency());
        return new Problem.BudgetExceeded(
                scope, limit, used, periods.startingOn(purse.startsOn()).to());
    }
}
