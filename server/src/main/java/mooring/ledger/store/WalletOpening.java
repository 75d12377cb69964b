package mooring.ledger.store;

import java.time.Instant;
import java.util.UUID;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.money.Currency;
import org.jdbi.v3.core.Handle;

/// Opens an organization's wallet, empty, inside the transaction that creates the organization.
public final class WalletOpening {

    private WalletOpening() {}

    public static void open(
            Handle handle,
            WalletId wallet,
            OrganizationId organization,
            Currency currency,
            Instant at) {
        openHouseAccounts(handle, currency);
        insertWallet(handle, wallet.uuid(), organization, currency, at);
        handle.createUpdate(
                        """
                        INSERT INTO account (kind, wallet_id, currency, normal_side)
                        VALUES ('customer_wallet', :wallet, :currency, 'credit')
                        """)
                .bind("wallet", wallet.uuid())
                .bind("currency", currency.code())
                .execute();
        handle.createUpdate(
                        """
                        INSERT INTO wallet_balance (wallet_id, currency, account_id)
                        SELECT wallet_id, currency, id FROM account WHERE wallet_id = :wallet
                        """)
                .bind("wallet", wallet.uuid())
                .execute();
    }

    /// The accounts that all wallets of a currency share, made with its first wallet.
    private static void openHouseAccounts(Handle handle, Currency currency) {
        handle.createUpdate(
                        """
                        INSERT INTO account (kind, currency, normal_side)
                        SELECT a.kind, :currency, a.normal_side
                        FROM (VALUES
                            ('cash_clearing', 'debit'),
                            ('usage_revenue', 'credit'),
                            ('absorbed_usage', 'debit'),
                            ('promotion_outstanding', 'debit'),
                            ('promotion_spent', 'debit'),
                            ('receivable', 'debit'),
                            ('breakage_revenue', 'credit'),
                            ('allowance_outstanding', 'debit'),
                            ('allowance_spent', 'debit')) AS a (kind, normal_side)
                        WHERE NOT EXISTS (SELECT FROM account x WHERE x.wallet_id IS NULL
                            AND x.kind = a.kind AND x.currency = :currency)
                        ON CONFLICT (kind, currency) WHERE wallet_id IS NULL DO NOTHING
                        """)
                .bind("currency", currency.code())
                .execute();
    }

    private static void insertWallet(
            Handle handle,
            UUID wallet,
            OrganizationId organization,
            Currency currency,
            Instant at) {
        handle.createUpdate(
                        """
                        INSERT INTO wallet (id, organization_id, currency, created_at)
                        VALUES (:wallet, :organization, :currency, :at)
                        """)
                .bind("wallet", wallet)
                .bind("organization", organization.uuid())
                .bind("currency", currency.code())
                .bind("at", at)
                .execute();
    }
}
