package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.LotId;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ids.VoucherId;
import mooring.ids.WalletId;
import mooring.ledger.LotKind;
import mooring.ledger.VoucherCode;
import mooring.ledger.Vouchers.Redeemed;
import mooring.ledger.Vouchers.Voucher;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Rows of redemptions, written and found again by the key that they were asked for with.
final class RedemptionRows {

    /// Keys of redemptions are apart from those of an operator's credits to the same wallet.
    static final String KEY_PREFIX = "redeem:";

    private RedemptionRows() {}

    /// False when this organization has had its one.
    static boolean insert(
            Handle handle,
            Redeemed redeemed,
            OrganizationId organization,
            WalletId wallet,
            Voucher voucher,
            Instant now) {
        return handle.createUpdate(
                                """
                                INSERT INTO voucher_redemption (transfer_id, voucher_id, number,
                                    organization_id, wallet_id, lot_id, once, redeemed_at)
                                VALUES (:transfer, :voucher, :number, :organization, :wallet, :lot,
                                    :once, :now)
                                ON CONFLICT (voucher_id, organization_id) WHERE once DO NOTHING
                                """)
                        .bind("transfer", redeemed.transfer().uuid())
                        .bind("voucher", voucher.id().uuid())
                        .bind("number", voucher.redemptions())
                        .bind("organization", organization.uuid())
                        .bind("wallet", wallet.uuid())
                        .bind("lot", redeemed.lot().uuid())
                        .bind("once", voucher.terms().oncePerOrganization())
                        .bind("now", now)
                        .execute()
                == 1;
    }

    /// What the same key redeemed before. One statement, so that a call with the same key which
    /// commits meanwhile is either seen whole or not at all.
    static Optional<Redeemed> earlier(
            Handle handle, WalletRow wallet, VoucherCode code, @Nullable String key) {
        if (key == null) {
            return Optional.empty();
        }
        return handle.createQuery(
                        """
                        SELECT t.id, t.amount, r.voucher_id, r.lot_id, l.kind, l.expires_at,
                            (SELECT coalesce(sum(d.amount), 0) FROM lot_draw d
                                WHERE d.booking = t.booking AND d.lot_id = r.lot_id)::bigint
                                AS debt_paid
                        FROM transfer t
                        LEFT JOIN (voucher_redemption r
                            JOIN voucher v ON v.id = r.voucher_id AND v.code_hash = :hash
                            JOIN credit_lot l ON l.id = r.lot_id) ON r.transfer_id = t.id
                        WHERE t.wallet_id = :wallet AND t.idempotency_key = :key
                        """)
                .bind("wallet", wallet.id().uuid())
                .bind("key", key)
                .bind("hash", code.hash())
                .map((row, _) -> redeemed(row, wallet, key))
                .findOne();
    }

    private static Redeemed redeemed(ResultSet row, WalletRow wallet, String key)
            throws SQLException {
        UUID voucher = row.getObject("voucher_id", UUID.class);
        if (voucher == null) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "idempotency_key: \""
                                    + key.substring(KEY_PREFIX.length())
                                    + "\" was used for another voucher (expected: a new key for"
                                    + " each voucher)"));
        }
        return new Redeemed(
                new VoucherId(voucher),
                new TransferId(row.getObject("id", UUID.class)),
                new LotId(row.getObject("lot_id", UUID.class)),
                new Money(row.getLong("amount"), wallet.currency()),
                LotKind.of(row.getString("kind")),
                Instants.of(row, "expires_at"),
                new Money(row.getLong("debt_paid"), wallet.currency()),
                true);
    }
}
