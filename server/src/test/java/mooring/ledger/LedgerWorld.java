package mooring.ledger;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import mooring.accounts.KeySecret;
import mooring.accounts.Organization;
import mooring.accounts.Principal;
import mooring.accounts.store.PostgresApiKeys;
import mooring.accounts.store.PostgresOrganizations;
import mooring.accounts.store.PostgresProjects;
import mooring.backup.store.PostgresBackups;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.store.PostgresPriceBook;
import mooring.ids.IdGenerator;
import mooring.ids.WalletId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.store.LotGrant;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresBalances;
import mooring.ledger.store.PostgresBudgetBooks;
import mooring.ledger.store.PostgresBudgets;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.ledger.store.PostgresStatements;
import mooring.ledger.store.PostgresVouchers;
import mooring.ledger.store.PostgresWallets;
import mooring.ledger.store.TransferNote;
import mooring.ledger.store.WalletBooks;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Outcome;
import mooring.metering.Served;
import mooring.metering.Settlement;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import mooring.metering.store.PostgresUsageBooks;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import mooring.rating.Rating;
import mooring.testing.StoppableClock;
import mooring.testing.TestDatabase;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// A database with everything that moves money on it, and customers to try it with.
public final class LedgerWorld implements AutoCloseable {

    /// Waits of tests end here: something is wrong, not slow.
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    public static final byte[] SCOPE_SECRET = "a secret".getBytes(StandardCharsets.UTF_8);

    /// Output tokens are the unit of money here: one costs a millionth of a unit of currency.
    public static final ModelId MODEL = new ModelId("kauri");

    public static final ModelPrice PRICE =
            new ModelPrice(
                    Rate.parse("0.50"),
                    Rate.parse("0.10"),
                    Rate.parse("0.60"),
                    Rate.parse("0.90"),
                    Rate.parse("1.00"));

    /// An organization as a request knows it.
    public record Customer(Organization organization, Principal principal) {}

    public final TestDatabase database = TestDatabase.create();
    public final Jdbi jdbi = database.database().jdbi();
    public final StoppableClock clock = new StoppableClock();
    public final IdGenerator ids = new IdGenerator(clock);
    public final ExecutorService virtualThreads = Executors.newVirtualThreadPerTaskExecutor();
    public final PostgresOrganizations organizations = new PostgresOrganizations(jdbi, clock, ids);
    public final PostgresApiKeys keys =
            new PostgresApiKeys(jdbi, clock, ids, SCOPE_SECRET, _ -> {});
    public final PostgresProjects projects = new PostgresProjects(jdbi, clock, ids);

    /// What budgets told people, by now.
    public final Queue<BudgetAlert> alerts = new ConcurrentLinkedQueue<>();

    public final PostgresBudgets budgets =
            new PostgresBudgets(jdbi, clock, ids, (_, alert, _) -> alerts.add(alert));
    public final PostgresPriceBook priceBook = new PostgresPriceBook(jdbi, clock, ids);
    public final PostgresWallets wallets = new PostgresWallets(jdbi, clock, ids);
    public final PostgresVouchers vouchers =
            new PostgresVouchers(jdbi, clock, ids, new SecureRandom());
    public final PostgresStatements statements = new PostgresStatements(jdbi);
    public final NodeEpoch node = new NodeRegistration(jdbi, clock).begin("node-a");
    public final Balances balances =
            new Balances(new PostgresBalances(jdbi, node), _ -> OwnUse.Share.NONE);
    public final PostgresUsageBooks books =
            new PostgresUsageBooks(
                    jdbi,
                    node.node(),
                    clock,
                    ids,
                    new PostgresBudgetBooks((_, alert, _) -> alerts.add(alert), clock));
    public final PostgresBackups backups =
            new PostgresBackups(database.database(), ids, "0.1.0", List::of);
    public final PostgresLedgerVerifier verifier = new PostgresLedgerVerifier(jdbi, clock);

    private PriceVersion prices = priceBook.publish(Currency.USD, Map.of(MODEL, PRICE));

    /// Puts the model's prices in force in another currency.
    public void useCurrency(Currency currency) {
        prices = priceBook.publish(currency, Map.of(MODEL, PRICE));
    }

    public PriceVersion prices() {
        return prices;
    }

    public Currency currency() {
        return prices.currency();
    }

    public Customer customer(String name) {
        Organization organization = organizations.create(name, prices.currency());
        KeySecret secret = keys.create(organization.id(), "test").secret();
        return new Customer(organization, keys.principal(secret.hash()).orElseThrow());
    }

    public Customer customer(String name, String paid) {
        Customer customer = customer(name);
        credit(customer, paid, LotKind.PAID);
        return customer;
    }

    public void credit(Customer customer, String amount, LotKind source) {
        wallets.credit(customer.organization().id(), money(amount), source, "test", null);
    }

    public Money money(String text) {
        return Money.parse(text, prices.currency());
    }

    public Balance balance(Customer customer) {
        return wallets.balance(customer.organization().id()).orElseThrow();
    }

    public static HoldDecision answer(HoldDecision decision) {
        return switch (decision) {
            case HoldDecision.Waiting waiting -> get(waiting.decision());
            case HoldDecision.Granted granted -> granted;
            case HoldDecision.Refused refused -> refused;
            case HoldDecision.Unavailable unavailable -> unavailable;
        };
    }

    /// A finished request of so many output tokens and nothing else.
    public UsageRecord record(Customer customer, Hold hold, long outputTokens) {
        return record(customer, hold, Usage.NONE.withOutput(outputTokens, 0));
    }

    public UsageRecord record(Customer customer, Hold hold, Usage usage) {
        Acceptance accepted =
                new Acceptance(
                        hold.request(),
                        customer.organization().id(),
                        customer.principal().project(),
                        customer.principal().key(),
                        MODEL,
                        ServiceTier.STANDARD,
                        hold,
                        prices.id(),
                        null,
                        clock.now(),
                        false,
                        node);
        return new UsageRecord(
                accepted,
                hold,
                clock.now(),
                Ending.STOP,
                false,
                usage,
                UsageRecord.NO_CALLS,
                Rating.total(
                        usage,
                        PRICE.callsOfARequest(),
                        ServiceTier.STANDARD,
                        PRICE,
                        prices.currency()),
                Served.NOWHERE);
    }

    /// The same record with some of it told otherwise.
    public static UsageRecord changed(
            UsageRecord record,
            @Nullable String clientRequestId,
            Instant admittedAt,
            Instant finishedAt,
            Money charge) {
        Acceptance accepted = record.accepted();
        return new UsageRecord(
                new Acceptance(
                        accepted.id(),
                        accepted.organization(),
                        accepted.project(),
                        accepted.key(),
                        accepted.model(),
                        accepted.tier(),
                        accepted.hold(),
                        accepted.priceVersion(),
                        clientRequestId,
                        admittedAt,
                        accepted.streamed(),
                        accepted.node()),
                record.hold(),
                finishedAt,
                record.ending(),
                record.estimated(),
                record.usage(),
                record.calls(),
                charge,
                record.served());
    }

    /// A request as it was admitted by `admitter`, and what it used.
    public UsageRecord record(Customer customer, NodeEpoch admitter, String held, long output) {
        Hold hold = new Hold(ids.nextRequest(), customer.principal().wallet(), money(held));
        return record(customer, admitter, hold, output);
    }

    public UsageRecord record(Customer customer, NodeEpoch admitter, Hold hold, long output) {
        UsageRecord record = record(customer, hold, output);
        Acceptance accepted = record.accepted();
        return new UsageRecord(
                new Acceptance(
                        accepted.id(),
                        accepted.organization(),
                        accepted.project(),
                        accepted.key(),
                        accepted.model(),
                        accepted.tier(),
                        accepted.hold(),
                        accepted.priceVersion(),
                        accepted.clientRequestId(),
                        accepted.admittedAt(),
                        accepted.streamed(),
                        admitter),
                record.hold(),
                record.finishedAt(),
                record.ending(),
                record.estimated(),
                record.usage(),
                record.calls(),
                record.charge(),
                record.served());
    }

    public UsageBooks.Booking book(Outcome outcome) {
        return books.book(List.of(outcome)).getFirst();
    }

    /// Another process's life, as if it had begun just now.
    public NodeEpoch begin(String nodeId) {
        return new NodeRegistration(jdbi, clock).begin(nodeId);
    }

    /// Gives a node more of a wallet's money, when there is so much.
    public boolean lease(NodeEpoch node, WalletId wallet, Money amount) {
        return jdbi.inTransaction(
                handle -> {
                    String lock =
                            "SELECT FROM lease WHERE wallet_id = ? AND node_id = ? FOR UPDATE";
                    handle.createQuery(lock)
                            .bind(0, wallet.uuid())
                            .bind(1, node.node())
                            .mapToMap()
                            .list();
                    String hold =
                            """
                            UPDATE wallet_balance SET held = held + ?
                            WHERE wallet_id = ? AND posted - held - ? >= floor
                            """;
                    if (handle.execute(hold, amount.nanos(), wallet.uuid(), amount.nanos()) == 0) {
                        return false;
                    }
                    String grow =
                            """
                            INSERT INTO lease AS l (wallet_id, node_id, epoch, amount)
                            VALUES (?, ?, ?, ?) ON CONFLICT (wallet_id, node_id, epoch)
                            DO UPDATE SET amount = l.amount + excluded.amount
                            """;
                    handle.execute(grow, wallet.uuid(), node.node(), node.epoch(), amount.nanos());
                    return true;
                });
    }

    /// Takes back all that a node still has of a wallet's money; returns how much that was.
    public Money closeLease(NodeEpoch node, WalletId wallet) {
        return jdbi.inTransaction(
                handle -> {
                    long amount =
                            handle.createQuery(
                                            """
                                            DELETE FROM lease WHERE wallet_id = ? AND node_id = ?
                                                AND epoch = ? RETURNING amount
                                            """)
                                    .bind(0, wallet.uuid())
                                    .bind(1, node.node())
                                    .bind(2, node.epoch())
                                    .mapTo(Long.class)
                                    .findOne()
                                    .orElse(0L);
                    handle.execute(
                            "UPDATE wallet_balance SET held = held - ? WHERE wallet_id = ?",
                            amount,
                            wallet.uuid());
                    return new Money(amount, prices.currency());
                });
    }

    public WalletBooks.Granted grant(Customer customer, LotGrant grant) {
        WalletId wallet = customer.principal().wallet();
        return jdbi.inTransaction(
                handle -> {
                    WalletBooks books = WalletBooks.open(handle, ids, clock.now(), List.of(wallet));
                    WalletBooks.Granted granted = books.grant(wallet, grant);
                    books.write();
                    return granted;
                });
    }

    public WalletBooks.ChargedBack chargeBack(Customer customer, Money amount) {
        WalletId wallet = customer.principal().wallet();
        return jdbi.inTransaction(
                handle -> {
                    WalletBooks books = WalletBooks.open(handle, ids, clock.now(), List.of(wallet));
                    WalletBooks.ChargedBack charged =
                            books.chargeBack(wallet, amount, TransferNote.NONE);
                    books.write();
                    return charged;
                });
    }

    public Settlement settle(UsageRecord record) {
        return ((UsageBooks.Booking.Settled) book(record)).settlement();
    }

    /// A request for which nothing was set aside.
    public Hold noHold(Customer customer) {
        return new Hold(
                ids.nextRequest(), customer.principal().wallet(), Money.zero(prices.currency()));
    }

    public long count(String table) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery("SELECT count(*) FROM " + table)
                                .mapTo(Long.class)
                                .one());
    }

    public static String hex(UUID uuid) {
        return uuid.toString().replace("-", "");
    }

    /// Everything that the verifier finds, as text; empty is good.
    public Map<String, List<String>> findings() {
        return verifier.verify().checks().stream()
                .filter(check -> check.violations() > 0)
                .collect(Collectors.toMap(LedgerVerifier.Check::id, LedgerVerifier.Check::rows));
    }

    @Override
    public void close() {
        virtualThreads.close();
        database.close();
    }

    public static <T> T get(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(e);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("no answer within " + PATIENCE, e);
        }
    }
}
