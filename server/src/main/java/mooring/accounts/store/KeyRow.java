package mooring.accounts.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import mooring.accounts.KeyHash;
import mooring.accounts.Principal;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.WalletId;
import mooring.money.Currency;

/// A key as a request is checked by it: its hash, who stands behind it, and whether it still
/// counts.
record KeyRow(KeyHash hash, Principal principal, boolean revoked, long version) {

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
                        scopes.of(organization));
        return new KeyRow(
                KeyHash.ofBytes(row.getBytes("hash")),
                principal,
                row.getBoolean("revoked"),
                row.getLong("version"));
    }
}
