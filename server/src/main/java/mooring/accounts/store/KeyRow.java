package mooring.accounts.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import mooring.accounts.KeyHash;
import mooring.accounts.Principal;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.WalletId;
import mooring.ledger.ActiveBudget;
import mooring.ledger.store.BudgetsInForce;
import mooring.money.Currency;

/// A key as a request is checked by it: its hash, who stands behind it, and whether it still
/// counts.
///
/// @param bare who stands behind it, without its budgets
record KeyRow(KeyHash hash, Principal bare, boolean revoked, long version) {

    /// Of `api_key k JOIN wallet w`.
    static final String COLUMNS =
            """
            k.id AS key_id, k.organization_id, k.project_id, k.hash,
            k.revoked_at IS NOT NULL AS revoked, k.version, w.id AS wallet_id, w.currency
            """;

    static KeyRow read(ResultSet row, CacheScopes scopes) throws SQLException {
        OrganizationId organization =
                new OrganizationId(row.getObject("organization_id", UUID.class));
        Principal principal =
                new Principal(
                        new KeyId(row.getObject("key_id", UUID.class)),
                        organization,
                        new ProjectId(row.getObject("project_id", UUID.class)),
                        new WalletId(row.getObject("wallet_id", UUID.class)),
                        new Currency(row.getString("currency")),
                        scopes.of(organization),
                        List.of());
        return new KeyRow(
                KeyHash.ofBytes(row.getBytes("hash")),
                principal,
                row.getBoolean("revoked"),
                row.getLong("version"));
    }

    OrganizationId organization() {
        return bare.organization();
    }

    Principal principal(BudgetsInForce.OfOrganization budgets) {
        return withBudgets(bare, budgets);
    }

    /// The principal with the budgets that its key's requests count against.
    static Principal withBudgets(Principal principal, BudgetsInForce.OfOrganization budgets) {
        List<ActiveBudget> own =
                budgets.of(principal.organization(), principal.project(), principal.key());
        return own.equals(principal.budgets()) ? principal : principal.withBudgets(own);
    }
}
