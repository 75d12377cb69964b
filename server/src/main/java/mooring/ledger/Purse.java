package mooring.ledger;

import java.time.LocalDate;
import mooring.ids.BudgetId;
import mooring.ids.WalletId;

/// What money can be set aside in: a wallet, or one period of a budget.
public sealed interface Purse {

    /// Prepaid money; it never goes below its floor.
    record OfWallet(WalletId wallet) implements Purse {}

    /// What may still be spent in one day or month of a budget.
    ///
    /// @param startsOn the period's first day in the organization's zone
    record OfBudget(BudgetId budget, LocalDate startsOn) implements Purse {}
}
