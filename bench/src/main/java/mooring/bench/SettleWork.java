package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import mooring.accounts.Organization;
import mooring.accounts.Principal;
import mooring.accounts.store.PostgresApiKeys;
import mooring.accounts.store.PostgresOrganizations;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.store.PostgresPriceBook;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LedgerVerifier.Check;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.Wallets;
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.ledger.store.PostgresWallets;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Outcome;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.metering.store.PostgresUsageBooks;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import mooring.rating.Rating;
import mooring.sql.Database;
import mooring.sql.EmbeddedPostgres;
import mooring.time.Clock;

/// Settlement by itself, in a process of its own beside the server's jar: books prepared records
/// into a PostgreSQL of its own, and says in one line of JSON what that cost.
final class SettleWork {

    private static final String DATABASE = "settle";
    private static final int CONNECTIONS = 8;
    private static final int BATCH = PostgresUsageBooks.MAX_BATCH;
    private static final int LEASES_A_CALL = 100;
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration LEASES = Duration.ofHours(1);
    private static final Currency CURRENCY = Currency.USD;
    private static final ModelId MODEL = new ModelId("kauri");
    private static final ModelPrice PRICE =
            new ModelPrice(
                    Rate.parse("0.50"),
                    Rate.parse("0.10"),
                    Rate.parse("0.60"),
                    Rate.parse("0.90"),
                    Rate.parse("1.00"));
    private static final Timeline TIMELINE = new Timeline(10, 30, 50, 900, 9_000, 90_000);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final double TICKS_A_SECOND = 100;

    private record Payer(Organization organization, Principal principal) {}

    private final Clock clock = Clock.system();
    private final IdGenerator ids = new IdGenerator(clock);
    private final Random random = new Random(1);
    private final Database database;
    private final NodeEpoch node;
    private final PriceVersion prices;
    private final PostgresUsageBooks books;

    private SettleWork(Database database) {
        this.database = database;
        this.node = new NodeRegistration(database.jdbi(), clock).begin("node-a");
        this.prices =
                new PostgresPriceBook(database.jdbi(), clock, ids)
                        .publish(CURRENCY, Map.of(MODEL, PRICE));
        this.books =
                new PostgresUsageBooks(database.jdbi(), node.node(), clock, ids, BudgetBooks.NONE);
    }

    /// @param arguments `FOLDER WALLETS SECONDS`
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(folder, folder.resolve("binaries"), START)) {
            postgres.ensureDatabase(DATABASE);
            try (Database database =
                    Database.open(
                            postgres.jdbcUrl(DATABASE),
                            postgres.user(),
                            postgres.password(),
                            CONNECTIONS)) {
                database.migrate();
                SettleWork work = new SettleWork(database);
                System.out.println(
                        work.run(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2])));
            }
        }
    }

    private ObjectNode run(int wallets, int seconds) throws Exception {
        List<Payer> payers = payers(wallets);
        lease(payers);
        ObjectNode found = Json.MAPPER.createObjectNode();
        book(payers, seconds); // The JIT has to see enough of it before a figure counts.
        found.set("many", book(payers, seconds));
        found.set("one", book(payers.subList(0, 1), seconds));
        found.put(
                "violations",
                new PostgresLedgerVerifier(database.jdbi(), clock)
                        .verify().checks().stream().mapToLong(Check::violations).sum());
        return found;
    }

    /// Ours is the processor's time of the thread that books; making records is not counted, except
    /// in PostgreSQL's idle time.
    private ObjectNode book(List<Payer> payers, int seconds) throws IOException {
        long sent = 0;
        long booked = 0;
        long bookingNanos = 0;
        long ours = 0;
        double postgres = postgresSeconds();
        while (bookingNanos < seconds * 1_000_000_000L) {
            List<Outcome> batch = batch(payers);
            long cpu = THREADS.getCurrentThreadCpuTime();
            long start = System.nanoTime();
            List<Booking> bookings = books.book(batch);
            bookingNanos += System.nanoTime() - start;
            ours += THREADS.getCurrentThreadCpuTime() - cpu;
            sent += batch.size();
            booked += bookings.stream().filter(Booking.Settled.class::isInstance).count();
        }
        postgres = postgresSeconds() - postgres;
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.put("sent", sent);
        found.put("booked", booked);
        found.put("rate", booked / (bookingNanos / 1e9));
        found.put("javaMicros", ours / 1e3 / booked);
        found.put("postgresMicros", postgres * 1e6 / booked);
        return found;
    }

    private List<Outcome> batch(List<Payer> payers) {
        List<Outcome> outcomes = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++) {
            outcomes.add(record(payers.get(random.nextInt(payers.size()))));
        }
        return outcomes;
    }

    private UsageRecord record(Payer payer) {
        RequestId id = ids.nextRequest();
        Instant now = clock.now();
        Usage usage = new Usage(500 + random.nextInt(1_000), 300, 0, 0, 200, 0);
        Money charge =
                Rating.total(usage, UsageRecord.NO_CALLS, ServiceTier.STANDARD, PRICE, CURRENCY);
        Hold hold =
                new Hold(
                        id,
                        payer.principal().wallet(),
                        new Money(Math.multiplyExact(charge.nanos(), 3), CURRENCY));
        Acceptance accepted =
                new Acceptance(
                        id,
                        payer.organization().id(),
                        payer.principal().project(),
                        payer.principal().key(),
                        MODEL,
                        ServiceTier.STANDARD,
                        hold,
                        prices.id(),
                        null,
                        now,
                        true,
                        node);
        return new UsageRecord(
                accepted,
                hold,
                now,
                Ending.STOP,
                false,
                usage,
                UsageRecord.NO_CALLS,
                charge,
                new Served("replica-1", 1, TIMELINE));
    }

    private List<Payer> payers(int count) throws InterruptedException, ExecutionException {
        PostgresOrganizations organizations =
                new PostgresOrganizations(database.jdbi(), clock, ids);
        PostgresApiKeys keys =
                new PostgresApiKeys(
                        database.jdbi(),
                        clock,
                        ids,
                        "a secret".getBytes(StandardCharsets.UTF_8),
                        _ -> {});
        PostgresWallets wallets = new PostgresWallets(database.jdbi(), clock, ids);
        Money credit = Money.parse("8000", CURRENCY);
        List<Future<Payer>> futures = new ArrayList<>();
        List<Payer> payers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
            for (int i = 0; i < count; i++) {
                String name = "organization " + i;
                futures.add(
                        threads.submit(
                                () -> {
                                    Organization one = organizations.create(name, CURRENCY);
                                    var hash = keys.create(one.id(), "key").secret().hash();
                                    Principal principal = keys.principal(hash).orElseThrow();
                                    wallets.credit(
                                            one.id(), credit, Wallets.Source.PAID, "test", null);
                                    return new Payer(one, principal);
                                }));
            }
            for (Future<Payer> future : futures) {
                payers.add(future.get());
            }
        }
        return payers;
    }

    private void lease(List<Payer> payers) {
        PostgresLeaseStore leases = new PostgresLeaseStore(database.jdbi());
        leases.heartbeat(node, LEASES, Map.of());
        Money slice = Money.parse("4000", CURRENCY);
        Money none = Money.zero(CURRENCY);
        List<Need> needs = new ArrayList<>();
        for (Payer payer : payers) {
            Purse purse = new Purse.OfWallet(payer.principal().wallet());
            needs.add(new Need(purse, 1, slice, slice, slice, none));
        }
        for (int from = 0; from < needs.size(); from += LEASES_A_CALL) {
            int to = Math.min(needs.size(), from + LEASES_A_CALL);
            leases.acquire(node, needs.subList(from, to));
        }
    }

    /// User's and system's time of PostgreSQL: its processes, and those of it that have ended.
    private static double postgresSeconds() throws IOException {
        long ticks = 0;
        try (Stream<ProcessHandle> all = ProcessHandle.current().descendants()) {
            for (ProcessHandle process : all.toList()) {
                Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
                if (Files.exists(stat)) {
                    String text = Files.readString(stat);
                    String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", 20);
                    // utime, stime, and those of ended children.
                    for (int i = 11; i <= 14; i++) {
                        ticks += Long.parseLong(fields[i]);
                    }
                }
            }
        }
        return ticks / TICKS_A_SECOND;
    }
}
