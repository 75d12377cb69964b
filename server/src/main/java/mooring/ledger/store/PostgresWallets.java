package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ledger.Balance;
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

    private record Row(UUID wallet, Currency currency, long posted, long held, long promotional) {
        Balance balance() {
            return new Balance(
                    new Money(posted, currency),
                    new Money(held, currency),
                    new Money(promotional, currency));
        }

        Row credited(long amount, long given) {
            return new Row(wallet, currency, posted + amount, held, promotional + given);
        }
    }

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
        } catch (JdbiException e) {
            if (NUMERIC_VALUE_OUT_OF_RANGE.equals(SqlFaults.state(e))) {
                throw invalid("amount", amount.text(), "a balance below 9,200,000,000 afterwards");
            }
            throw e;
        }
    }

    @Override
    public Optional<Balance> balance(OrganizationId organization) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT b.wallet_id, w.currency, b.posted, b.held,
                                            b.promotional
                                        FROM wallet w JOIN wallet_balance b ON b.wallet_id = w.id
                                        WHERE w.organization_id = :organization
                                        """)
                                .bind("organization", organization.uuid())
                                .map((row, _) -> row(row).balance())
                                .findOne());
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
                return replay(earlier.get(), wallet, amount, source, reason, idempotencyKey);
            }
        }
        UUID transfer = ids.next();
        insertTransfer(handle, transfer, wallet, amount, source, reason, idempotencyKey);
        long given = source == Source.PROMOTIONAL ? amount.nanos() : 0;
        addToBalance(handle, wallet.wallet(), amount.nanos(), given);
        return new Credited(
                new TransferId(transfer),
                amount,
                wallet.credited(amount.nanos(), given).balance(),
                false);
    }

    private static Credited replay(
            Earlier earlier, Row wallet, Money amount, Source source, String reason, String key) {
        if (earlier.amount() != amount.nanos()
                || !earlier.kind().equals(kind(source))
                || !earlier.reason().equals(reason)) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "idempotency_key: \""
                                    + key
                                    + "\" was used for another credit (expected: a new key, or"
                                    + " the same amount, source and reason)"));
        }
        return new Credited(new TransferId(earlier.transfer()), amount, wallet.balance(), true);
    }

    private static Row lock(Handle handle, OrganizationId organization) {
        return handle.createQuery(
                        """
                        SELECT b.wallet_id, w.currency, b.posted, b.held, b.promotional
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

    private void insertTransfer(
            Handle handle,
            UUID transfer,
            Row wallet,
            Money amount,
            Source source,
            String reason,
            @Nullable String idempotencyKey) {
        handle.createUpdate(
                        """
                        INSERT INTO transfer (id, debit_account, credit_account, currency, amount,
                            kind, wallet_id, reason, idempotency_key, booked_at)
                        SELECT :id, d.id, c.id, :currency, :amount, :kind, :wallet, :reason, :key,
                            :at
                        FROM account d, account c
                        WHERE d.wallet_id IS NULL AND d.kind = :debit AND d.currency = :currency
                            AND c.wallet_id = :wallet
                        """)
                .bind("id", transfer)
                .bind("currency", wallet.currency().code())
                .bind("amount", amount.nanos())
                .bind("kind", kind(source))
                .bind("wallet", wallet.wallet())
                .bind("reason", reason)
                .bind("key", idempotencyKey)
                .bind("at", clock.now())
                .bind(
                        "debit",
                        switch (source) {
                            case PAID -> "cash_clearing";
                            case PROMOTIONAL -> "promotion_outstanding";
                        })
                .execute();
    }

    private static void addToBalance(Handle handle, UUID wallet, long amount, long given) {
        handle.createUpdate(
                        """
                        UPDATE wallet_balance
                        SET posted = posted + :amount, promotional = promotional + :given
                        WHERE wallet_id = :wallet
                        """)
                .bind("amount", amount)
                .bind("given", given)
                .bind("wallet", wallet)
                .execute();
    }

    private static String kind(Source source) {
        return switch (source) {
            case PAID -> "top_up";
            case PROMOTIONAL -> "promotion";
        };
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                row.getObject("wallet_id", UUID.class),
                new Currency(row.getString("currency")),
                row.getLong("posted"),
                row.getLong("held"),
                row.getLong("promotional"));
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

    private static ProblemException invalid(String param, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(param, value, expected));
    }
}
