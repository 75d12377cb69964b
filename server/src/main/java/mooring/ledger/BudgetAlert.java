package mooring.ledger;

import mooring.money.Money;
import mooring.time.Period;

/// News that a threshold of a budget was reached; told once for each period and threshold.
///
/// @param threshold percent of the limit
/// @param spent in this period, charges booked so far
public record BudgetAlert(Budget budget, Period period, int threshold, Money spent) {}
