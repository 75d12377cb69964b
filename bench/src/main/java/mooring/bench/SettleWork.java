package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import mooring.bench.Payers.Payer;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LedgerVerifier.Check;
import mooring.ledger.NodeEpoch;
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.metering.store.PostgresUsageBooks;
import mooring.money.Money;
import mooring.sql.Database;
import mooring.sql.EmbeddedPostgres;

/// Settlement by itself, in a process of its own beside the server's jar: books prepared records
/// into a PostgreSQL of its own, and says in one line of JSON what that cost.
final class SettleWork {

    private static final String DATABASE = "settle";
    private static final int CONNECTIONS = 8;
    private static final int BATCH = PostgresUsageBooks.MAX_BATCH;
    private static final int LEASES_A_CALL = 100;
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration LEASES = Duration.ofHours(1);

    private final Random random = new Random(1);
    private final Payers work;
    private final NodeEpoch node;
    private final PostgresUsageBooks books;

    private SettleWork(Database database) {
        this.work = new Payers(database);
        this.node = new NodeRegistration(database.jdbi(), work.clock).begin("node-a");
        this.books =
                new PostgresUsageBooks(
                        database.jdbi(), node.node(), work.clock, work.ids, BudgetBooks.NONE);
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
        List<Payer> payers = work.make(wallets, "8000");
        lease(payers);
        ObjectNode found = Json.MAPPER.createObjectNode();
        book(payers, seconds); // The JIT has to see enough of it before a figure counts.
        found.set("many", book(payers, seconds));
        found.set("one", book(payers.subList(0, 1), seconds));
        found.put(
                "violations",
                new PostgresLedgerVerifier(work.database.jdbi(), work.clock)
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
        double postgres = Processor.childrenSeconds();
        while (bookingNanos < seconds * 1_000_000_000L) {
            List<Outcome> batch = batch(payers);
            long cpu = Processor.ownNanos();
            long start = System.nanoTime();
            List<Booking> bookings = books.book(batch);
            bookingNanos += System.nanoTime() - start;
            ours += Processor.ownNanos() - cpu;
            sent += batch.size();
            booked += bookings.stream().filter(Booking.Settled.class::isInstance).count();
        }
        postgres = Processor.childrenSeconds() - postgres;
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
        Usage usage = new Usage(500 + random.nextInt(1_000), 300, 0, 0, 200, 0);
        Money charge = Payers.price(usage);
        Hold hold =
                new Hold(
                        work.ids.nextRequest(),
                        payer.principal().wallet(),
                        new Money(Math.multiplyExact(charge.nanos(), 3), Payers.CURRENCY));
        return work.finished(work.accepted(payer, hold, node), usage);
    }

    private void lease(List<Payer> payers) {
        PostgresLeaseStore leases = new PostgresLeaseStore(work.database.jdbi());
        leases.heartbeat(node, LEASES, Map.of());
        Money slice = Money.parse("4000", Payers.CURRENCY);
        Money none = Money.zero(Payers.CURRENCY);
        List<Need> needs = new ArrayList<>();
        for (Payer payer : payers) {
            needs.add(new Need(payer.purse(), 1, slice, slice, slice, none));
        }
        for (int from = 0; from < needs.size(); from += LEASES_A_CALL) {
            int to = Math.min(needs.size(), from + LEASES_A_CALL);
            leases.acquire(node, needs.subList(from, to));
        }
    }
}
