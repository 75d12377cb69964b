package mooring.testing;

import java.util.List;
import java.util.UUID;
import mooring.accounts.Principal;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.WalletId;
import mooring.inference.CacheScope;
import mooring.ledger.ActiveBudget;
import mooring.money.Currency;

/// Who asks, where it does not matter who.
public final class Somebody {
    private Somebody() {}

    public static Principal with(ActiveBudget... budgets) {
        return new Principal(
                new KeyId(new UUID(0, 1)),
                new OrganizationId(new UUID(0, 2)),
                new ProjectId(new UUID(0, 4)),
                new WalletId(new UUID(0, 3)),
                Currency.USD,
                new CacheScope("scope"),
                List.of(budgets));
    }
}
