package mooring.accounts;

import java.util.List;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.WalletId;
import mooring.inference.CacheScope;
import mooring.ledger.ActiveBudget;
import mooring.money.Currency;

/// Who makes a request, as far as admission must know. Immutable and shared by its requests.
///
/// @param budgets those that its requests count against; mostly none
public record Principal(
        KeyId key,
        OrganizationId organization,
        ProjectId project,
        WalletId wallet,
        Currency currency,
        CacheScope cacheScope,
        List<ActiveBudget> budgets) {

    public Principal {
        budgets = List.copyOf(budgets);
    }

    /// The same with other budgets.
    public Principal withBudgets(List<ActiveBudget> others) {
        return new Principal(key, organization, project, wallet, currency, cacheScope, others);
    }
}
