package mooring.crash;

import com.zaxxer.hikari.HikariDataSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import mooring.accounts.Organization;
import mooring.accounts.Principal;
import mooring.accounts.store.PostgresApiKeys;
import mooring.accounts.store.PostgresOrganizations;
import mooring.catalog.PriceVersion;
import mooring.catalog.store.PostgresPriceBook;
import mooring.ids.IdGenerator;
import mooring.ids.PriceVersionId;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.ledger.EpochClosedException;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.LotExpiry;
import mooring.ledger.store.LotGrant;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.PostgresNodes;
import mooring.ledger.store.TransferNote;
import mooring.ledger.store.WalletBooks;
import mooring.metering.Outcome;
import mooring.metering.store.PostgresUsageBooks;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.ProblemException;
import mooring.sql.Database;
import mooring.sql.EmbeddedPostgres;
import org.jdbi.v3.core.Jdbi;

/// The real store beside the one in memory: each call goes to both, and their answers must be
/// equal. Its clock is the simulation's.
final class PostgresBank implements Bank {

    private static final Duration START = Duration.ofSeconds(60);
    private static final long RESTART_SECONDS = 60;
    private static final int CONNECTIONS = 3;
    private static final String DATABASE = "crash";

    /// One PostgreSQL for many seeds.
    static final class Server implements AutoCloseable {
        private final EmbeddedPostgres postgres;
        private final Database database;

        private Server(EmbeddedPostgres postgres, Database database) {
            this.postgres = postgres;
            this.database = database;
        }

        static Server start(Path folder, Path binaries) {
            EmbeddedPostgres postgres = EmbeddedPostgres.start(folder, binaries, START);
            postgres.ensureDatabase(DATABASE);
            try (Database plain = open(postgres, 1)) {
                var _ = plain.migrate();
                plain.jdbi()
                        .useHandle(
                                handle ->
                                        handle.createScript(
                                                        """
                                                        CREATE SCHEMA simulated;
                                                        CREATE UNLOGGED TABLE simulated.clock (
                                                            at timestamptz NOT NULL);
                                                        CREATE FUNCTION simulated.clock_timestamp()
                                                            RETURNS timestamptz LANGUAGE sql VOLATILE
                                                            AS 'SELECT at FROM simulated.clock';
                                                        ALTER DATABASE crash SET search_path =
                                                            simulated, pg_catalog, public
                                                        """)
                                                .execute());
            }
            return new Server(postgres, open(postgres, CONNECTIONS));
        }

        private static Database open(EmbeddedPostgres postgres, int connections) {
            return Database.open(
                    postgres.jdbcUrl(DATABASE), postgres.user(), postgres.password(), connections);
        }

        int restarts() {
            return postgres.restarts();
        }

        /// As `pg_ctl stop -m immediate`, and up again.
        void restart() {
            int before = postgres.restarts();
            try {
                new ProcessBuilder("kill", "-QUIT", Long.toString(postgres.pid()))
                        .start()
                        .waitFor(5, TimeUnit.SECONDS);
                long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(RESTART_SECONDS);
                while (postgres.restarts() == before) {
                    if (System.nanoTime() > end) {
                        throw new AssertionError("PostgreSQL does not come back");
                    }
                    Thread.sleep(10);
                }
            } catch (java.io.IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
            if (database.dataSource() instanceof HikariDataSource pool) {
                pool.getHikariPoolMXBean().softEvictConnections();
            }
        }

        @Override
        public void close() {
            database.close();
            postgres.close();
        }
    }

    private final Server server;
    private final Jdbi jdbi;
    private final SimulatedTime time;
    private final Findings findings;
    private final MemoryBank memory;
    private final IdGenerator ids;
    private final PriceVersion prices;
    private final PostgresLeaseStore leases;
    private final PostgresUsageBooks books;
    private final int wallets;

    PostgresBank(
            Server server, SimulatedTime time, Findings findings, List<List<Credit>> customers) {
        this.server = server;
        this.jdbi = server.database.jdbi();
        this.time = time;
        this.findings = findings;
        this.wallets = customers.size();
        this.ids = new IdGenerator(time);
        tellTime();
        this.prices =
                new PostgresPriceBook(jdbi, time, ids)
                        .publish(Currency.USD, Map.of(new ModelId("kauri"), Life.PRICE));
        this.leases = new PostgresLeaseStore(jdbi);
        this.books = new PostgresUsageBooks(jdbi, "simulated", time, ids, BudgetBooks.NONE);
        this.memory = new MemoryBank(time, findings, Fault.NONE, prices.id());
        for (int index = 0; index < wallets; index++) {
            memory.add(customer("customer " + index, customers.get(index)), customers.get(index));
        }
    }

    private Payer customer(String name, List<Credit> credits) {
        Organization organization =
                new PostgresOrganizations(jdbi, time, ids).create(name, Currency.USD);
        PostgresApiKeys keys =
                new PostgresApiKeys(
                        jdbi, time, ids, "a secret".getBytes(StandardCharsets.UTF_8), _ -> {});
        Principal principal =
                keys.principal(keys.create(organization.id(), "key").secret().hash()).orElseThrow();
        for (Credit credit : credits) {
            jdbi.useTransaction(
                    handle -> {
                        WalletBooks wallet =
                                WalletBooks.open(
                                        handle, ids, time.now(), List.of(principal.wallet()));
                        var _ =
                                wallet.grant(
                                        principal.wallet(),
                                        new LotGrant(
                                                LotKind.PAID,
                                                MemoryBank.usd(credit.nanos()),
                                                credit.seconds() == 0
                                                        ? null
                                                        : time.now().plusSeconds(credit.seconds()),
                                                TransferNote.NONE));
                        wallet.write();
                    });
        }
        return new Payer(
                organization.id(), principal.project(), principal.key(), principal.wallet());
    }

    /// What differs in the end, beside all answers.
    void compare() {
        for (int index = 0; index < wallets; index++) {
            var wallet = payer(index).wallet();
            Balance balance = memory.balance(index);
            String expected =
                    "%d %d %d %d"
                            .formatted(
                                    balance.posted(),
                                    balance.held(),
                                    memory.settled().values().stream()
                                            .filter(b -> b.record().hold().wallet().equals(wallet))
                                            .count(),
                                    balance.moved());
            String found =
                    jdbi.withHandle(
                            handle ->
                                    handle.createQuery(
                                                    """
                                                    SELECT concat_ws(' ', b.posted, b.held,
                                                        count(s.request_id),
                                                        coalesce(sum(s.payable), 0))
                                                    FROM wallet_balance b LEFT JOIN settlement s
                                                        ON s.wallet_id = b.wallet_id
                                                    WHERE b.wallet_id = :wallet
                                                    GROUP BY b.posted, b.held
                                                    """)
                                            .bind("wallet", wallet.uuid())
                                            .mapTo(String.class)
                                            .one());
            if (!found.equals(expected)) {
                findings.add(wallet + " in PostgreSQL: " + found + " (expected: " + expected + ")");
            }
        }
    }

    @Override
    public List<Grant> acquire(NodeEpoch node, List<Need> needs) {
        return both(() -> memory.acquire(node, needs), () -> leases.acquire(node, needs));
    }

    @Override
    public void giveBack(NodeEpoch node, List<Return> returns) {
        run(() -> memory.giveBack(node, returns), () -> leases.giveBack(node, returns));
    }

    @Override
    public void recall(NodeEpoch node, List<Purse> purses) {
        run(() -> memory.recall(node, purses), () -> leases.recall(node, purses));
    }

    @Override
    public Pulse heartbeat(NodeEpoch node, Duration length, Map<Purse, Money> inUse) {
        return both(
                () -> sorted(memory.heartbeat(node, length, inUse)),
                () -> sorted(leases.heartbeat(node, length, inUse)));
    }

    private static Pulse sorted(Pulse pulse) {
        List<Purse> recalled = new ArrayList<>(pulse.recalled());
        recalled.sort(java.util.Comparator.comparing(Object::toString));
        return new Pulse(pulse.standings(), recalled);
    }

    @Override
    public void close(NodeEpoch node) {
        run(() -> memory.close(node), () -> leases.close(node));
    }

    @Override
    public List<Booking> book(List<Outcome> outcomes) {
        return both(() -> memory.book(outcomes), () -> books.book(outcomes));
    }

    @Override
    public NodeEpoch begin(String node) {
        return both(() -> memory.begin(node), () -> new NodeRegistration(jdbi, time).begin(node));
    }

    @Override
    public void lost(String node) {
        run(
                () -> memory.lost(node),
                () -> {
                    try {
                        var _ = new PostgresNodes(jdbi).lost(node);
                    } catch (ProblemException unknown) {
                        // It never began.
                    }
                });
    }

    @Override
    public void expire() {
        run(memory::expire, () -> new LotExpiry(jdbi, ids).run(time.now()));
    }

    @Override
    public void restart() {
        server.restart();
    }

    private void run(Runnable inMemory, Runnable real) {
        both(
                () -> {
                    inMemory.run();
                    return true;
                },
                () -> {
                    real.run();
                    return true;
                });
    }

    private <T> T both(Supplier<T> inMemory, Supplier<T> real) {
        tellTime();
        Object expected = answer(inMemory);
        Object found;
        try {
            found = answer(real);
        } catch (RuntimeException e) {
            findings.add("PostgreSQL failed: " + e);
            throw e;
        }
        boolean equal =
                expected.equals(found)
                        || (expected instanceof EpochClosedException
                                && found instanceof EpochClosedException);
        if (!equal) {
            findings.add("PostgreSQL answered " + found + " (expected: " + expected + ")");
        }
        if (expected instanceof EpochClosedException closed) {
            throw closed;
        }
        @SuppressWarnings("unchecked")
        T answer = (T) expected;
        return answer;
    }

    private static Object answer(Supplier<?> call) {
        try {
            return call.get();
        } catch (EpochClosedException closed) {
            return closed;
        }
    }

    /// The table is empty after a crash.
    private void tellTime() {
        jdbi.useHandle(
                handle -> {
                    Timestamp now = Timestamp.from(time.now());
                    if (handle.execute("UPDATE simulated.clock SET at = ?", now) == 0) {
                        handle.execute("INSERT INTO simulated.clock VALUES (?)", now);
                    }
                });
    }

    @Override
    public Payer payer(int wallet) {
        return memory.payer(wallet);
    }

    @Override
    public PriceVersionId prices() {
        return prices.id();
    }

    @Override
    public Map<RequestId, Booked> settled() {
        return memory.settled();
    }

    @Override
    public Set<RequestId> released() {
        return memory.released();
    }

    @Override
    public int conflicts() {
        return memory.conflicts();
    }

    @Override
    public Balance balance(int wallet) {
        return memory.balance(wallet);
    }
}
