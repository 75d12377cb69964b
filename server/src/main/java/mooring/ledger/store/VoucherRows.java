package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.VoucherId;
import mooring.ledger.LotKind;
import mooring.ledger.VoucherCode;
import mooring.ledger.Vouchers.Made;
import mooring.ledger.Vouchers.State;
import mooring.ledger.Vouchers.Terms;
import mooring.ledger.Vouchers.Voucher;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/// Rows of vouchers, written and read.
final class VoucherRows {

    private VoucherRows() {}

    static void insert(Handle handle, List<Made> made) {
        PreparedBatch batch =
                handle.prepareBatch(
                        """
                        INSERT INTO voucher (id, code_hash, hint, kind, amount, currency, priority,
                            credit_expires_at, credit_days, reason, max_redemptions,
                            once_per_organization, valid_until, created_at)
                        VALUES (:id, :hash, :hint, :kind, :amount, :currency, :priority,
                            :creditExpiresAt, :creditDays, :reason, :maxRedemptions, :once,
                            :validUntil, :at)
                        """);
        for (Made one : made) {
            Voucher voucher = one.voucher();
            Terms terms = voucher.terms();
            batch.bind("id", voucher.id().uuid())
                    .bind("hash", one.code().hash())
                    .bind("hint", voucher.hint())
                    .bind("kind", terms.kind().text())
                    .bind("amount", terms.amount().nanos())
                    .bind("currency", terms.amount().currency().code())
                    .bind("priority", terms.priority())
                    .bindByType("creditExpiresAt", terms.creditExpiresAt(), Instant.class)
                    .bindByType("creditDays", terms.creditDays(), Integer.class)
                    .bind("reason", terms.reason())
                    .bind("maxRedemptions", terms.maxRedemptions())
                    .bind("once", terms.oncePerOrganization())
                    .bindByType("validUntil", terms.validUntil(), Instant.class)
                    .bind("at", voucher.createdAt())
                    .add();
        }
        batch.execute();
    }

    /// Counts one redemption more, if there is one left: the limit is in the update itself. The
    /// voucher that comes back has counted it.
    static Optional<Voucher> take(Handle handle, VoucherCode code, WalletRow wallet, Instant now) {
        return handle.createQuery(
                        """
                        UPDATE voucher SET redemptions = redemptions + 1
                        WHERE code_hash = :hash AND redemptions < max_redemptions
                            AND revoked_at IS NULL
                            AND (valid_until IS NULL OR valid_until > :now)
                            AND currency = :currency
                        RETURNING *
                        """)
                .bind("hash", code.hash())
                .bind("now", now)
                .bind("currency", wallet.currency().code())
                .map((row, _) -> read(row, now))
                .findOne();
    }

    static Optional<Voucher> find(Handle handle, VoucherCode code, Instant now) {
        return handle.createQuery("SELECT * FROM voucher WHERE code_hash = :hash")
                .bind("hash", code.hash())
                .map((row, _) -> read(row, now))
                .findOne();
    }

    static List<Voucher> list(Handle handle, @Nullable VoucherId after, int limit, Instant now) {
        return handle.createQuery(
                        """
                        SELECT * FROM voucher
                        WHERE CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)
                        ORDER BY id LIMIT :limit
                        """)
                .bindByType("after", after == null ? null : after.uuid(), UUID.class)
                .bind("limit", limit)
                .map((row, _) -> read(row, now))
                .list();
    }

    static Optional<Voucher> revoke(Handle handle, VoucherId voucher, Instant now) {
        handle.createUpdate(
                        """
                        UPDATE voucher SET revoked_at = :now
                        WHERE id = :id AND revoked_at IS NULL
                        """)
                .bind("now", now)
                .bind("id", voucher.uuid())
                .execute();
        return handle.createQuery("SELECT * FROM voucher WHERE id = :id")
                .bind("id", voucher.uuid())
                .map((row, _) -> read(row, now))
                .findOne();
    }

    private static Voucher read(ResultSet row, Instant now) throws SQLException {
        Terms terms =
                new Terms(
                        new Money(row.getLong("amount"), new Currency(row.getString("currency"))),
                        LotKind.of(row.getString("kind")),
                        row.getInt("priority"),
                        Instants.of(row, "credit_expires_at"),
                        row.getObject("credit_days", Integer.class),
                        row.getString("reason"),
                        row.getInt("max_redemptions"),
                        row.getBoolean("once_per_organization"),
                        Instants.of(row, "valid_until"));
        int redemptions = row.getInt("redemptions");
        Instant revokedAt = Instants.of(row, "revoked_at");
        return new Voucher(
                new VoucherId(row.getObject("id", UUID.class)),
                row.getString("hint"),
                terms,
                redemptions,
                Objects.requireNonNull(Instants.of(row, "created_at")),
                revokedAt,
                state(terms, redemptions, revokedAt, now));
    }

    private static State state(
            Terms terms, int redemptions, @Nullable Instant revokedAt, Instant now) {
        if (revokedAt != null) {
            return State.REVOKED;
        }
        if (redemptions >= terms.maxRedemptions()) {
            return State.USED_UP;
        }
        Instant validUntil = terms.validUntil();
        return validUntil != null && !validUntil.isAfter(now) ? State.EXPIRED : State.OPEN;
    }
}
