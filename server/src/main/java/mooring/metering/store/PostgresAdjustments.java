package mooring.metering.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.AdjustmentId;
import mooring.ids.IdGenerator;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.json.Json;
import mooring.ledger.store.TransferNote;
import mooring.ledger.store.WalletBooks;
import mooring.metering.Adjustment;
import mooring.metering.Adjustment.Direction;
import mooring.metering.Adjustments;
import mooring.metering.LoggedRequest;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.Outbox;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Corrections in PostgreSQL: the row, its transfers and its event in one transaction, one at a
/// time for each wallet.
public final class PostgresAdjustments implements Adjustments {

    static final String TOPIC = "usage.adjusted";

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;

    public PostgresAdjustments(Jdbi jdbi, Clock clock, IdGenerator ids) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
    }

    /// What has been corrected of a request so far, in nano units.
    private record Before(long credited, long debited, long absorbed) {

        Before and(long creditedNow, long debitedNow) {
            return new Before(credited + creditedNow, debited + debitedNow, absorbed);
        }

        long charged(LoggedRequest.Bill bill) {
            return bill.charge().nanos() + debited - credited;
        }
    }

    @Override
    public Booked adjust(OrganizationId organization, LoggedRequest request, Order order) {
        LoggedRequest.Bill bill = request.bill();
        if (bill == null || !bill.charge().positive()) {
            throw invalid(
                    "request_id", request.id().toString(), "a request that was charged something");
        }
        return jdbi.inTransaction(
                handle -> {
                    WalletId wallet = wallet(handle, organization, bill.charge().currency());
                    // Its lock: corrections of one wallet come one after the other.
                    WalletBooks books = WalletBooks.open(handle, ids, clock.now(), List.of(wallet));
                    Optional<Adjustment> earlier = earlier(handle, organization, order);
                    if (earlier.isPresent()) {
                        return repeated(handle, earlier.get(), request.id(), bill, order);
                    }
                    return book(handle, books, organization, wallet, request, bill, order);
                });
    }

    private Booked book(
            Handle handle,
            WalletBooks books,
            OrganizationId organization,
            WalletId wallet,
            LoggedRequest request,
            LoggedRequest.Bill bill,
            Order order) {
        Before before = before(handle, request.id());
        Currency currency = bill.charge().currency();
        long amount = order.amount().nanos();
        long most =
                switch (order.direction()) {
                    case CREDIT -> Math.min(before.charged(bill), bill.charge().nanos());
                    case DEBIT -> bill.charge().nanos();
                };
        if (amount <= 0 || amount > most) {
            throw invalid(
                    "amount",
                    order.amount().text(),
                    most <= 0
                            ? "none: all that was charged is given back"
                            : "above 0 and at most "
                                    + new Money(most, currency)
                                    + switch (order.direction()) {
                                        case CREDIT -> ", what the request is charged";
                                        case DEBIT -> ", what the request was charged at first";
                                    });
        }
        TransferNote note = new TransferNote(order.reason(), request.id().toString(), null);
        long absorbed = 0;
        switch (order.direction()) {
            case CREDIT -> {
                // What was never paid goes first: it must not become money of the customer's.
                absorbed = Math.min(amount, bill.shortfall().nanos() - before.absorbed());
                books.giveBack(wallet, new Money(amount - absorbed, currency), note);
                books.unabsorb(wallet, new Money(absorbed, currency), note);
            }
            case DEBIT -> {
                Money available = books.available(wallet);
                if (available.nanos() < amount) {
                    throw invalid(
                            "amount",
                            order.amount().text(),
                            "at most "
                                    + available
                                    + ", what the wallet has beside what nodes have leased of it");
                }
                books.take(wallet, order.amount(), note);
            }
        }
        books.write();
        Adjustment adjustment =
                new Adjustment(
                        new AdjustmentId(ids.next()),
                        request.id(),
                        order.direction(),
                        order.amount(),
                        new Money(amount - absorbed, currency),
                        order.reason(),
                        order.actor(),
                        clock.now());
        insert(handle, books.booking(), organization, wallet, request, bill, order, adjustment);
        tell(handle, organization, adjustment);
        boolean credit = order.direction() == Direction.CREDIT;
        long charged = before.and(credit ? amount : 0, credit ? 0 : amount).charged(bill);
        return new Booked(adjustment, new Money(charged, currency), false);
    }

    private Booked repeated(
            Handle handle,
            Adjustment earlier,
            RequestId request,
            LoggedRequest.Bill bill,
            Order order) {
        conflict("request_id", request, earlier.request(), earlier);
        conflict("direction", text(order.direction()), text(earlier.direction()), earlier);
        conflict("amount", order.amount(), earlier.amount(), earlier);
        conflict("reason", order.reason(), earlier.reason(), earlier);
        conflict("actor", order.actor(), earlier.actor(), earlier);
        Before before = before(handle, request);
        return new Booked(earlier, new Money(before.charged(bill), bill.charge().currency()), true);
    }

    private static void conflict(String field, Object given, Object first, Adjustment earlier) {
        if (!given.equals(first)) {
            throw new ProblemException(
                    new Problem.Conflict(
                            field
                                    + ": "
                                    + given
                                    + " (expected: "
                                    + first
                                    + ", as in "
                                    + earlier.id()
                                    + ", which this Idempotency-Key made; or a new key)"));
        }
    }

    private static WalletId wallet(Handle handle, OrganizationId organization, Currency currency) {
        return handle.createQuery(
                        """
                        SELECT id FROM wallet
                        WHERE organization_id = :organization AND currency = :currency
                        """)
                .bind("organization", organization.uuid())
                .bind("currency", currency.code())
                .mapTo(UUID.class)
                .findOne()
                .map(WalletId::new)
                .orElseThrow(
                        () ->
                                new ProblemException(
                                        new Problem.NotFound(
                                                "organization_id: "
                                                        + organization
                                                        + " has no wallet in "
                                                        + currency)));
    }

    private static Before before(Handle handle, RequestId request) {
        return handle.createQuery(
                        """
                        SELECT coalesce(sum(amount) FILTER (WHERE direction = 'credit'), 0),
                            coalesce(sum(amount) FILTER (WHERE direction = 'debit'), 0),
                            coalesce(sum(absorbed_amount), 0)
                        FROM usage_adjustment WHERE request_id = :request
                        """)
                .bind("request", request.uuid())
                .map((row, _) -> new Before(row.getLong(1), row.getLong(2), row.getLong(3)))
                .one();
    }

    private static Optional<Adjustment> earlier(
            Handle handle, OrganizationId organization, Order order) {
        if (order.idempotencyKey() == null) {
            return Optional.empty();
        }
        return handle.createQuery(
                        """
                        SELECT * FROM usage_adjustment
                        WHERE organization_id = :organization AND idempotency_key = :key
                        """)
                .bind("organization", organization.uuid())
                .bind("key", order.idempotencyKey())
                .map((row, _) -> adjustment(row))
                .findOne();
    }

    /// A row of the table.
    static Adjustment adjustment(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        return new Adjustment(
                new AdjustmentId(row.getObject("id", UUID.class)),
                new RequestId(row.getObject("request_id", UUID.class)),
                Direction.valueOf(row.getString("direction").toUpperCase(Locale.ROOT)),
                new Money(row.getLong("amount"), currency),
                new Money(row.getLong("wallet_amount"), currency),
                row.getString("reason"),
                row.getString("actor"),
                row.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    private static void insert(
            Handle handle,
            UUID booking,
            OrganizationId organization,
            WalletId wallet,
            LoggedRequest request,
            LoggedRequest.Bill bill,
            Order order,
            Adjustment adjustment) {
        long amount = adjustment.amount().nanos();
        handle.createUpdate(
                        """
                        INSERT INTO usage_adjustment (id, request_id, organization_id, project_id,
                            api_key_id, wallet_id, model, tier, price_version_id, currency, charge,
                            shortfall, direction, amount, wallet_amount, absorbed_amount, reason,
                            actor, idempotency_key, booking, created_at)
                        VALUES (:id, :request, :organization, :project, :key, :wallet, :model, :tier,
                            :version, :currency, :charge, :shortfall, :direction, :amount, :moved,
                            :absorbed, :reason, :actor, :idempotency, :booking, :at)
                        """)
                .bind("id", adjustment.id().uuid())
                .bind("request", request.id().uuid())
                .bind("organization", organization.uuid())
                .bind("project", request.project().uuid())
                .bind("key", request.key().uuid())
                .bind("wallet", wallet.uuid())
                .bind("model", request.model().text())
                .bind("tier", RowText.tier(request.tier()))
                .bind("version", bill.priceVersion().uuid())
                .bind("currency", bill.charge().currency().code())
                .bind("charge", bill.charge().nanos())
                .bind("shortfall", bill.shortfall().nanos())
                .bind("direction", text(adjustment.direction()))
                .bind("amount", amount)
                .bind("moved", adjustment.wallet().nanos())
                .bind("absorbed", amount - adjustment.wallet().nanos())
                .bind("reason", adjustment.reason())
                .bind("actor", adjustment.actor())
                .bind("idempotency", order.idempotencyKey())
                .bind("booking", booking)
                .bind("at", adjustment.at())
                .execute();
    }

    private static void tell(Handle handle, OrganizationId organization, Adjustment adjustment) {
        Instant at = adjustment.at();
        Outbox.add(
                handle,
                TOPIC,
                adjustment.request().toString(),
                Json.MAPPER
                        .createObjectNode()
                        .put("adjustment", adjustment.id().toString())
                        .put("request", adjustment.request().toString())
                        .put("organization", organization.toString())
                        .put("direction", text(adjustment.direction()))
                        .put("amount", adjustment.amount().text())
                        .put("currency", adjustment.amount().currency().code())
                        .put("reason", adjustment.reason())
                        .put("actor", adjustment.actor())
                        .toString(),
                at);
    }

    private static String text(Direction direction) {
        return direction.name().toLowerCase(Locale.ROOT);
    }

    private static ProblemException invalid(String param, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(param, value, expected));
    }
}
