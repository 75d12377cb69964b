package mooring.ledger.store;

import java.util.UUID;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.money.Currency;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jdbi.v3.core.Handle;

/// An organization's wallet: its id, and the currency that it is in for good.
record WalletRow(WalletId id, Currency currency) {

    /// Locks the wallet for the rest of the transaction.
    ///
    /// @throws ProblemException when there is no such organization
    static WalletRow lock(Handle handle, OrganizationId organization) {
        return read(
                handle,
                organization,
                """
                SELECT b.wallet_id, w.currency
                FROM wallet w JOIN wallet_balance b ON b.wallet_id = w.id
                WHERE w.organization_id = :organization
                FOR UPDATE OF b
                """);
    }

    /// @throws ProblemException when there is no such organization
    static WalletRow find(Handle handle, OrganizationId organization) {
        return read(
                handle,
                organization,
                """
                SELECT id AS wallet_id, currency FROM wallet
                WHERE organization_id = :organization
                """);
    }

    private static WalletRow read(Handle handle, OrganizationId organization, String sql) {
        return handle.createQuery(sql)
                .bind("organization", organization.uuid())
                .map(
                        (row, _) ->
                                new WalletRow(
                                        new WalletId(row.getObject("wallet_id", UUID.class)),
                                        new Currency(row.getString("currency"))))
                .findOne()
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "no organization " + organization + " here")));
    }
}
