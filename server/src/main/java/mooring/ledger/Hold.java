package mooring.ledger;

import java.util.List;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.money.Money;

/// Money set aside for a request that is still running, in a wallet and in every budget that
/// applies. Ends in one settlement or one release.
///
/// @param budgets periods of budgets in which the same amount is set aside
public record Hold(RequestId request, WalletId wallet, List<Purse.OfBudget> budgets, Money amount) {

    public Hold {
        budgets = List.copyOf(budgets);
    }

    public Hold(RequestId request, WalletId wallet, Money amount) {
        this(request, wallet, List.of(), amount);
    }

    public Hold withAmount(Money other) {
        return new Hold(request, wallet, budgets, other);
    }
}
