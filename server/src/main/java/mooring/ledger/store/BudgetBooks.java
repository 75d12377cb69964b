package mooring.ledger.store;

import java.util.List;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;

/// Budgets as the settlement of usage writes them: spent grows by the charge, and the lease of the
/// node that admitted the request shrinks by what it had set aside, up to the charge.
///
/// Called once a transaction, with leases and wallets locked: budgets come last in the order of
/// locks.
@FunctionalInterface
public interface BudgetBooks {

    /// One settled request's part in one budget's period.
    ///
    /// @param hold what the node had set aside in this budget
    record BudgetCharge(Purse.OfBudget budget, NodeEpoch node, Money charge, Money hold) {}

    /// For a company without budgets.
    BudgetBooks NONE = (_, _) -> {};

    void settle(Handle handle, List<BudgetCharge> charges);
}
