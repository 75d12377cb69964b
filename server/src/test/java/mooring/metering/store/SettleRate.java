package mooring.metering.store;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.catalog.store.PostgresPriceBook;
import mooring.ids.IdGenerator;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Outcome;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import mooring.rating.Rating;
import mooring.testing.TestDatabase;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;

/// Measures what booking costs: settlements a second, and the CPU of this process and of PostgreSQL
/// for each. Arguments: wallets, seconds, outcomes a batch.
public final class SettleRate {

    private static final ModelId MODEL = new ModelId("kauri");
    private static final ModelPrice PRICE =
            new ModelPrice(
                    Rate.parse("0.50"),
                    Rate.parse("0.10"),
                    Rate.parse("0.60"),
                    Rate.parse("0.90"),
                    Rate.parse("1.00"));

    private record Payer(OrganizationId org, ProjectId project, KeyId key, WalletId wallet) {}

    private SettleRate() {}

    public static void main(String[] arguments) throws IOException {
        int wallets = Integer.parseInt(arguments[0]);
        int seconds = Integer.parseInt(arguments[1]);
        int batch = Integer.parseInt(arguments[2]);
        try (TestDatabase database = TestDatabase.create()) {
            Clock clock = Clock.system();
            IdGenerator ids = new IdGenerator(clock);
            var jdbi = database.database().jdbi();
            NodeEpoch node = new NodeRegistration(jdbi, clock).begin("node-a");
            PriceVersion prices =
                    new PostgresPriceBook(jdbi, clock, ids)
                            .publish(Currency.USD, Map.of(MODEL, PRICE));
            List<Payer> payers = jdbi.inTransaction(handle -> payers(handle, ids, wallets, node));
            String sql = System.getenv("TRY");
            if (sql != null) {
                for (String one : sql.split(";")) {
                    jdbi.useHandle(handle -> handle.execute(one));
                }
            }
            jdbi.useHandle(handle -> handle.execute("VACUUM ANALYZE"));
            jdbi.useHandle(handle -> handle.execute("CHECKPOINT"));
            PostgresUsageBooks books =
                    new PostgresUsageBooks(jdbi, node.node(), clock, ids, BudgetBooks.NONE);
            Random random = new Random(1);
            run(books, payers, node, prices, ids, random, batch, 5);
            List<List<Outcome>> ready = new ArrayList<>();
            long beforeMaking = cpu();
            for (int i = 0; i < seconds * 12_000 / batch; i++) {
                ready.add(batch(payers, node, prices, ids, random, batch));
            }
            System.out.printf(
                    "making: %.1f us each%n",
                    (cpu() - beforeMaking) / 1e3 / (ready.size() * (double) batch));
            java.util.Map<String, Long> times = new java.util.concurrent.ConcurrentHashMap<>();
            jdbi.setSqlLogger(
                    new org.jdbi.v3.core.statement.SqlLogger() {
                        @Override
                        public void logAfterExecution(
                                org.jdbi.v3.core.statement.StatementContext c) {
                            times.merge(
                                    String.valueOf(c.getRenderedSql())
                                            .substring(0, 50)
                                            .replace("\n", " "),
                                    c.getElapsedTime(java.time.temporal.ChronoUnit.MICROS),
                                    Long::sum);
                        }
                    });
            long java = cpu();
            double postgres = postgresSeconds();
            long start = System.nanoTime();
            long booked = 0;
            long wal = walBytes(database);
            for (List<Outcome> outcomes : ready) {
                for (Booking booking : books.book(outcomes)) {
                    booked += booking instanceof Booking.Settled ? 1 : 0;
                }
                if (System.nanoTime() - start > seconds * 1_000_000_000L) {
                    break;
                }
            }
            double took = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    "%d wallets, batch %d: %,.0f settlements/s, java %.1f us, postgres %.1f us each; %.0f bytes of WAL%n",
                    wallets,
                    batch,
                    booked / took,
                    (cpu() - java) / 1e3 / booked,
                    (postgresSeconds() - postgres) * 1e6 / booked,
                    (walBytes(database) - wal) / (double) booked);
            for (var e : times.entrySet()) {
                System.out.printf("%8.2f us wall %s%n", e.getValue() / (double) booked, e.getKey());
            }
            if (arguments.length > 3) {
                System.out.println("ok: " + new PostgresLedgerVerifier(jdbi, clock).verify().ok());
            }
        }
    }

    private static void run(
            PostgresUsageBooks books,
            List<Payer> payers,
            NodeEpoch node,
            PriceVersion prices,
            IdGenerator ids,
            Random random,
            int batch,
            int seconds) {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        while (System.nanoTime() < end) {
            books.book(batch(payers, node, prices, ids, random, batch));
        }
    }

    private static List<Outcome> batch(
            List<Payer> payers,
            NodeEpoch node,
            PriceVersion prices,
            IdGenerator ids,
            Random random,
            int size) {
        List<Outcome> outcomes = new ArrayList<>(size);
        Instant now = Instant.now();
        for (int i = 0; i < size; i++) {
            Payer payer = payers.get(random.nextInt(payers.size()));
            RequestId id = ids.nextRequest();
            Usage usage = new Usage(500 + random.nextInt(1000), 300, 0, 0, 200, 0);
            Money charge =
                    Rating.total(
                            usage,
                            UsageRecord.NO_CALLS,
                            ServiceTier.STANDARD,
                            PRICE,
                            prices.currency());
            Hold hold =
                    new Hold(id, payer.wallet(), new Money(charge.nanos() * 3, prices.currency()));
            Acceptance accepted =
                    new Acceptance(
                            id,
                            payer.org(),
                            payer.project(),
                            payer.key(),
                            MODEL,
                            ServiceTier.STANDARD,
                            hold,
                            prices.id(),
                            null,
                            now,
                            true,
                            node);
            outcomes.add(
                    new UsageRecord(
                            accepted,
                            hold,
                            now,
                            Ending.STOP,
                            false,
                            usage,
                            UsageRecord.NO_CALLS,
                            charge,
                            new Served(
                                    "replica-1", 1, new Timeline(10, 30, 50, 900, 9000, 90000))));
        }
        return outcomes;
    }

    private static List<Payer> payers(Handle handle, IdGenerator ids, int count, NodeEpoch node) {
        List<Payer> payers = new ArrayList<>();
        Instant at = Instant.now();
        for (int i = 0; i < count; i++) {
            UUID org = ids.next();
            UUID wallet = ids.next();
            handle.execute(
                    "INSERT INTO organization (id, name, currency, created_at) VALUES (?, ?, 'USD', ?)",
                    org,
                    "o",
                    at);
            UUID project = ids.next();
            handle.execute(
                    "INSERT INTO project (id, organization_id, name, standard, created_at) VALUES (?, ?, 'default', true, ?)",
                    project,
                    org,
                    at);
            UUID key = ids.next();
            handle.execute(
                    "INSERT INTO api_key (id, organization_id, project_id, name, prefix, hash, created_at) VALUES (?, ?, ?, 'k', 'p', sha256(?::text::bytea), ?)",
                    key,
                    org,
                    project,
                    key.toString(),
                    at);
            mooring.ledger.store.WalletOpening.open(
                    handle, new WalletId(wallet), new OrganizationId(org), Currency.USD, at);
            payers.add(
                    new Payer(
                            new OrganizationId(org),
                            new ProjectId(project),
                            new KeyId(key),
                            new WalletId(wallet)));
        }
        List<WalletId> wallets = payers.stream().map(Payer::wallet).toList();
        var books = mooring.ledger.store.WalletBooks.open(handle, ids, at, wallets);
        for (WalletId wallet : wallets) {
            books.grant(
                    wallet,
                    new mooring.ledger.store.LotGrant(
                            mooring.ledger.LotKind.PAID,
                            new Money(8_000_000_000_000L, Currency.USD),
                            null,
                            mooring.ledger.store.TransferNote.NONE));
        }
        books.write();
        handle.execute("UPDATE wallet_balance SET held = 4000000000000");
        handle.execute(
                "INSERT INTO lease (wallet_id, node_id, epoch, amount) SELECT wallet_id, ?, ?, held FROM wallet_balance",
                node.node(),
                node.epoch());
        handle.execute("DELETE FROM outbox");
        return payers;
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static long walBytes(TestDatabase database) {
        return database.database()
                .jdbi()
                .withHandle(
                        handle ->
                                handle.createQuery(
                                                "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
                                        .mapTo(Long.class)
                                        .one());
    }

    /// User and system time of all processes under our PostgreSQL.
    private static double postgresSeconds() throws IOException {
        long ticks = 0;
        long us = ProcessHandle.current().pid();
        List<Long> family = ProcessHandle.current().descendants().map(ProcessHandle::pid).toList();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : all.toList()) {
                String name = process.getFileName().toString();
                if (name.chars().allMatch(Character::isDigit)
                        && Long.parseLong(name) != us
                        && family.contains(Long.parseLong(name))) {
                    String stat = Files.readString(process.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                }
            }
        }
        return ticks / 100.0;
    }
}
