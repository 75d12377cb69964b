package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ids.WalletId;
import mooring.ledger.Balance;
import mooring.ledger.Wallets;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Wallets in PostgreSQL. Whatever moves money locks its wallet first, so that two calls with one
/// idempotency key meet and the second finds the first.
public final class PostgresWallets implements Wallets {

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresWallets(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    /// What an idempotency key was used for.
    ///
    /// @param lot what a credit made; null for other kinds
    private record Earlier(
            UUID transfer, long amount, String kind, @Nullable String reason, @Nullable Lot lot) {}

    private record Lot(int priority, @Nullable Instant expiresAt) {}

    @Override
    public Credited credit(OrganizationId organization, Credit credit) {
        Checks.text("reason", credit.reason(), Checks.MAX_REASON_CHARS);
        Checks.key(credit.idempotencyKey());
        Checks.positive(credit.amount());
        Checks.priority(credit.priority());
        return Checks.inRange(
                credit.amount(),
                () -> jdbi.inTransaction(handle -> creditLocked(handle, organization, credit)));
    }

    @Override
    public ChargedBack chargeBack(
            OrganizationId organization,
            Money amount,
            String reason,
            @Nullable String idempotencyKey) {
        Checks.text("reason", reason, Checks.MAX_REASON_CHARS);
        Checks.key(idempotencyKey);
        Checks.positive(amount);
        return Checks.inRange(
                amount,
                () ->
                        jdbi.inTransaction(
                                handle ->
                                        chargeBackLocked(
                                                handle,
                                                organization,
                                                amount,
                                                new TransferNote(reason, null, idempotencyKey))));
    }

    @Override
    public Optional<Balance> balance(OrganizationId organization) {
        return jdbi.withHandle(handle -> balance(handle, organization));
    }

    private static Optional<Balance> balance(Handle handle, OrganizationId organization) {
        return handle.createQuery(
                        """
                        SELECT b.currency, b.posted, b.held, (
                            SELECT coalesce(sum(l.remaining), 0) FROM credit_lot l
                            WHERE l.wallet_id = w.id AND l.open AND l.kind <> 'paid')
                            AS promotional
                        FROM wallet w JOIN wallet_balance b ON b.wallet_id = w.id
                        WHERE w.organization_id = :organization
                        """)
                .bind("organization", organization.uuid())
                .map((row, _) -> balance(row))
                .findOne();
    }

    private Credited creditLocked(Handle handle, OrganizationId organization, Credit credit) {
        WalletId wallet = lock(handle, organization, credit.amount());
        Optional<Earlier> earlier = earlier(handle, wallet, credit.idempotencyKey());
        if (earlier.isPresent()) {
            requireSame(earlier.get(), same(earlier.get(), credit), credit.idempotencyKey());
            Balance balance = balance(handle, organization).orElseThrow();
            return new Credited(
                    new TransferId(earlier.get().transfer()), credit.amount(), balance, true);
        }
        Instant now = clock.now();
        Instant expiresAt = Checks.future("expires_at", credit.expiresAt(), now);
        WalletBooks books = WalletBooks.open(handle, ids, now, List.of(wallet));
        WalletBooks.Granted granted =
                books.grant(
                        wallet,
                        new LotGrant(
                                credit.kind(),
                                credit.amount(),
                                credit.priority(),
                                expiresAt,
                                new TransferNote(credit.reason(), null, credit.idempotencyKey())));
        books.write();
        return new Credited(granted.transfer(), credit.amount(), granted.balance(), false);
    }

    private ChargedBack chargeBackLocked(
            Handle handle, OrganizationId organization, Money amount, TransferNote note) {
        WalletId wallet = lock(handle, organization, amount);
        Optional<Earlier> earlier = earlier(handle, wallet, note.idempotencyKey());
        if (earlier.isPresent()) {
            Earlier found = earlier.get();
            boolean same =
                    found.kind().equals(TransferKind.CHARGE_BACK.text)
                            && found.amount() == amount.nanos()
                            && Objects.equals(found.reason(), note.reason());
            requireSame(found, same, note.idempotencyKey());
            Balance balance = balance(handle, organization).orElseThrow();
            return new ChargedBack(new TransferId(found.transfer()), amount, owed(balance), true);
        }
        WalletBooks books = WalletBooks.open(handle, ids, clock.now(), List.of(wallet));
        WalletBooks.ChargedBack taken = books.chargeBack(wallet, amount, note);
        books.write();
        return new ChargedBack(taken.transfer(), amount, owed(taken.balance()), false);
    }

    private static boolean same(Earlier earlier, Credit credit) {
        Lot lot = earlier.lot();
        return earlier.amount() == credit.amount().nanos()
                && earlier.kind().equals(TransferKind.granting(credit.kind()).text)
                && Objects.equals(earlier.reason(), credit.reason())
                // Credit from before there were lots had the standard ones.
                && (lot == null
                        || (lot.priority() == credit.priority()
                                && Objects.equals(
                                        lot.expiresAt(), Instants.kept(credit.expiresAt()))));
    }

    private static void requireSame(Earlier earlier, boolean same, @Nullable String key) {
        if (!same) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "idempotency_key: \""
                                    + key
                                    + "\" was used for another "
                                    + (earlier.lot() == null ? "movement" : "credit")
                                    + " of this wallet (expected: a new key, or all the same as"
                                    + " then)"));
        }
    }

    private static WalletId lock(Handle handle, OrganizationId organization, Money amount) {
        WalletRow wallet = WalletRow.lock(handle, organization);
        if (!wallet.currency().equals(amount.currency())) {
            throw Checks.invalid(
                    "currency", amount.currency().code(), "the wallet's, " + wallet.currency());
        }
        return wallet.id();
    }

    private static Optional<Earlier> earlier(
            Handle handle, WalletId wallet, @Nullable String idempotencyKey) {
        if (idempotencyKey == null) {
            return Optional.empty();
        }
        return handle.createQuery(
                        """
                        SELECT t.id, t.amount, t.kind, t.reason, l.id AS lot, l.priority,
                            l.expires_at
                        FROM transfer t
                        LEFT JOIN credit_lot l ON l.wallet_id = t.wallet_id
                            AND l.transfer_id = t.id
                        WHERE t.wallet_id = :wallet AND t.idempotency_key = :key
                        """)
                .bind("wallet", wallet.uuid())
                .bind("key", idempotencyKey)
                .map(
                        (row, _) ->
                                new Earlier(
                                        row.getObject("id", UUID.class),
                                        row.getLong("amount"),
                                        row.getString("kind"),
                                        row.getString("reason"),
                                        row.getObject("lot") == null
                                                ? null
                                                : new Lot(
                                                        row.getInt("priority"),
                                                        Instants.of(row, "expires_at"))))
                .findOne();
    }

    private static Money owed(Balance balance) {
        Money zero = Money.zero(balance.posted().currency());
        return balance.posted().negative() ? balance.posted().negated() : zero;
    }

    private static Balance balance(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        return new Balance(
                new Money(row.getLong("posted"), currency),
                new Money(row.getLong("held"), currency),
                new Money(row.getLong("promotional"), currency));
    }
}
