package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ids.WalletId;
import mooring.ledger.Balance;
import mooring.ledger.LotKind;
import mooring.ledger.Wallets;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/// Wallets in PostgreSQL. A credit locks its wallet first, so that two with one idempotency key
/// meet and the second finds the first.
public final class PostgresWallets implements Wallets {

    /// The longest reason and the longest idempotency key that are kept.
    private static final int MAX_REASON_CHARS = 500;

    private static final int MAX_KEY_CHARS = 200;

    private static final String NUMERIC_VALUE_OUT_OF_RANGE = "22003";

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresWallets(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    private record Row(UUID wallet, Currency currency) {}

    private record Earlier(UUID transfer, long amount, String kind, String reason) {}

    @Override
    public Credited credit(
            OrganizationId organization,
            Money amount,
            Source source,
            String reason,
            @Nullable String idempotencyKey) {
        requireText("reason", reason, MAX_REASON_CHARS);
        if (idempotencyKey != null) {
            requireText("idempotency_key", idempotencyKey, MAX_KEY_CHARS);
        }
        if (!amount.positive()) {
            throw invalid("amount", amount.text(), "more than 0");
        }
        try {
            return jdbi.inTransaction(
                    handle ->
                            creditLocked(
                                    handle, organization, amount, source, reason, idempotencyKey));
        } catch (ArithmeticException _) {
            throw tooMuch(amount);
        } catch (JdbiException e) {
            if (NUMERIC_VALUE_OUT_OF_RANGE.equals(SqlFaults.state(e))) {
                throw tooMuch(amount);
            }
            throw e;
        }
    }

    @Override
    public Optional<Balance> balance(OrganizationId organization) {
        return jdbi.withHandle(handle -> balance(handle, organization));
    }

    private static Optional<Balance> balance(Handle handle, OrganizationId organization) {
        return handle.createQuery(
                        """
                                        SELECT b.currency, b.posted, b.held, (
                                            SELECT coalesce(sum(l.remaining), 0)
                                            FROM credit_lot l
                                            WHERE l.wallet_id = w.id AND l.open
                                                AND l.kind <> 'paid') AS promotional
                                        FROM wallet w JOIN wallet_balance b ON b.wallet_id = w.id
                                        WHERE w.organization_id = :organization
                                        """)
                .bind("organization", organization.uuid())
                .map((row, _) -> balance(row))
                .findOne();
    }

    private Credited creditLocked(
            Handle handle,
            OrganizationId organization,
            Money amount,
            Source source,
            String reason,
            @Nullable String idempotencyKey) {
        Row wallet = lock(handle, organization);
        if (!wallet.currency().equals(amount.currency())) {
            throw invalid(
                    "currency", amount.currency().code(), "the wallet's, " + wallet.currency());
        }
        if (idempotencyKey != null) {
            Optional<Earlier> earlier = earlier(handle, wallet.wallet(), idempotencyKey);
            if (earlier.isPresent()) {
                return replay(
                        earlier.get(),
                        balance(handle, organization).orElseThrow(),
                        amount,
                        source,
                        reason,
                        idempotencyKey);
            }
        }
        WalletBooks books =
                WalletBooks.open(handle, ids, clock.now(), List.of(new WalletId(wallet.wallet())));
        WalletBooks.Granted granted =
                books.grant(
                        new WalletId(wallet.wallet()),
                        new LotGrant(
                                kind(source),
                                amount,
                                null,
                                new TransferNote(reason, null, idempotencyKey)));
        books.write();
        return new Credited(granted.transfer(), amount, granted.balance(), false);
    }

    private static Credited replay(
            Earlier earlier,
            Balance balance,
            Money amount,
            Source source,
            String reason,
            String key) {
        if (earlier.amount() != amount.nanos()
                || !earlier.kind().equals(TransferKind.granting(kind(source)).text)
                || !earlier.reason().equals(reason)) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "idempotency_key: \""
                                    + key
                                    + "\" was used for another credit (expected: a new key, or"
                                    + " the same amount, source and reason)"));
        }
        return new Credited(new TransferId(earlier.transfer()), amount, balance, true);
    }

    private static Row lock(Handle handle, OrganizationId organization) {
        return handle.createQuery(
                        """
                        SELECT b.wallet_id, w.currency
                        FROM wallet w JOIN wallet_balance b ON b.wallet_id = w.id
                        WHERE w.organization_id = :organization
                        FOR UPDATE OF b
                        """)
                .bind("organization", organization.uuid())
                .map((row, _) -> row(row))
                .findOne()
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "no organization " + organization + " here")));
    }

    private static Optional<Earlier> earlier(Handle handle, UUID wallet, String key) {
        return handle.createQuery(
                        """
                        SELECT id, amount, kind, reason FROM transfer
                        WHERE wallet_id = :wallet AND idempotency_key = :key
                        """)
                .bind("wallet", wallet)
                .bind("key", key)
                .map(
                        (row, _) ->
                                new Earlier(
                                        row.getObject("id", UUID.class),
                                        row.getLong("amount"),
                                        row.getString("kind"),
                                        row.getString("reason")))
                .findOne();
    }

    private static LotKind kind(Source source) {
        return switch (source) {
            case PAID -> LotKind.PAID;
            case PROMOTIONAL -> LotKind.PROMOTIONAL;
        };
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                row.getObject("wallet_id", UUID.class), new Currency(row.getString("currency")));
    }

    private static Balance balance(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        return new Balance(
                new Money(row.getLong("posted"), currency),
                new Money(row.getLong("held"), currency),
                new Money(row.getLong("promotional"), currency));
    }

    private static void requireText(String param, String text, int maxChars) {
        if (text.isBlank() || text.length() > maxChars) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            param,
                            param
                                    + ": "
                                    + text.length()
                                    + " characters (expected: 1.."
                                    + maxChars
                                    + ", not only spaces)"));
        }
    }

    private static ProblemException tooMuch(Money amount) {
        return invalid("amount", amount.text(), "a balance below 9,200,000,000 afterwards");
    }

    private static ProblemException invalid(String param, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(param, value, expected));
    }
}
