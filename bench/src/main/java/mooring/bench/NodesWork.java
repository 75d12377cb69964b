package mooring.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import mooring.bench.Payers.Payer;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerVerifier.Check;
import mooring.ledger.Nodes.Lost;
import mooring.ledger.lease.LeaseTimings;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.ledger.store.PostgresNodes;
import mooring.ledger.store.PostgresWallets;
import mooring.metering.Acceptance;
import mooring.money.Money;
import mooring.sql.Database;
import mooring.sql.EmbeddedPostgres;

/// Three nodes on one wallet, each with a journal and leases of its own, in a process beside the
/// server's jar. Says in one line of JSON what was served, what was spent, and what a node that
/// vanishes takes with it.
final class NodesWork {

    private static final String DATABASE = "nodes";
    private static final int CONNECTIONS = 12;
    private static final Duration START = Duration.ofSeconds(60);
    private static final int NODES = 3;
    private static final int THREADS = 64;

    /// A hold is for so many tokens of output, a thousandth of a unit of money.
    private static final int TOKENS = 1_000;

    /// A client that is refused asks again so often: others' holds come free meanwhile.
    private static final int TRIES = 5;

    /// Requests a second of the wallet of which a node vanishes.
    private static final int RATE = 600;

    /// As in production, only over sooner: an operator can give a node up once its leases end.
    private static final LeaseTimings SOON =
            new LeaseTimings(
                    Duration.ofSeconds(6),
                    Duration.ofSeconds(2),
                    LeaseTimings.DEFAULT.heartbeat(),
                    LeaseTimings.DEFAULT.longestWait(),
                    LeaseTimings.DEFAULT.patience(),
                    LeaseTimings.DEFAULT.exact(),
                    LeaseTimings.DEFAULT.recalled(),
                    LeaseTimings.DEFAULT.idle(),
                    LeaseTimings.DEFAULT.sweep());

    private final Payers work;
    private final Path folder;
    private final int requests;

    private NodesWork(Database database, Path folder, int requests) {
        this.work = new Payers(database);
        this.folder = folder;
        this.requests = requests;
    }

    /// @param arguments `FOLDER REQUESTS SECONDS`
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        Path home = folder.resolve("postgres");
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(home, home.resolve("binaries"), START)) {
            postgres.ensureDatabase(DATABASE);
            try (Database database =
                    Database.open(
                            postgres.jdbcUrl(DATABASE),
                            postgres.user(),
                            postgres.password(),
                            CONNECTIONS)) {
                database.migrate();
                NodesWork work = new NodesWork(database, folder, Integer.parseInt(arguments[1]));
                System.out.println(work.run(Integer.parseInt(arguments[2])));
            }
        }
    }

    private ObjectNode run(int seconds) throws Exception {
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.set("known", spend("known", false));
        found.set("actual", spend("actual", true));
        found.set("vanished", vanish(seconds));
        found.put(
                "violations",
                new PostgresLedgerVerifier(work.database.jdbi(), work.clock)
                        .verify().checks().stream().mapToLong(Check::violations).sum());
        return found;
    }

    private List<WorkNode> nodes(String name, LeaseTimings timings) {
        List<WorkNode> nodes = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            String id = name + "-" + i;
            nodes.add(new WorkNode(work, folder.resolve(id), id, timings));
        }
        return nodes;
    }

    // Down to the last of it ----------------------------------------------------------------

    /// @param less whether a request costs 10 to 100 % of its hold, or exactly that
    private ObjectNode spend(String name, boolean less) throws Exception {
        Money hold = Payers.price(output(TOKENS));
        Money credit = new Money(Math.multiplyExact(hold.nanos(), requests), Payers.CURRENCY);
        Payer payer = work.make(1, credit.text()).getFirst();
        List<WorkNode> nodes = nodes(name, LeaseTimings.DEFAULT);
        AtomicLong served = new AtomicLong();
        AtomicLong spent = new AtomicLong();
        AtomicLong unavailable = new AtomicLong();
        CyclicBarrier together = new CyclicBarrier(THREADS);
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                WorkNode node = nodes.get(i % NODES);
                Random random = new Random(i);
                clients.add(
                        threads.submit(
                                () -> {
                                    together.await();
                                    int tries = less ? TRIES : 1;
                                    while (tries > 0) {
                                        int part = less ? 1 + random.nextInt(10) : 10;
                                        switch (place(node, payer, hold)) {
                                            case HoldDecision.Granted(Hold granted) -> {
                                                Usage usage = output(TOKENS * part / 10);
                                                spent.addAndGet(
                                                        charge(node, payer, granted, usage));
                                                served.incrementAndGet();
                                            }
                                            case HoldDecision.Refused _ -> tries--;
                                            default -> {
                                                unavailable.incrementAndGet();
                                                tries--;
                                            }
                                        }
                                    }
                                    return null;
                                }));
            }
            for (Future<?> client : clients) {
                client.get();
            }
        }
        double took = Machine.secondsSince(start);
        for (WorkNode node : nodes) {
            node.leave();
        }
        var balance =
                new PostgresWallets(work.database.jdbi(), work.clock, work.ids)
                        .balance(payer.organization().id())
                        .orElseThrow();
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.put("served", served.get());
        found.put("unavailable", unavailable.get());
        found.put("credit", credit.nanos());
        found.put("spent", spent.get());
        found.put("posted", balance.posted().nanos());
        found.put("held", balance.held().nanos());
        found.put("seconds", took);
        return found;
    }

    private HoldDecision place(WorkNode node, Payer payer, Money hold) {
        return WorkNode.now(
                node.leases.place(
                        work.ids.nextRequest(), payer.principal().wallet(), List.of(), hold));
    }

    /// @return what it cost, in nano units
    private long charge(WorkNode node, Payer payer, Hold hold, Usage usage) {
        Acceptance accepted = work.accepted(payer, hold, node.epoch);
        var metered = node.meter.open(accepted);
        var record = work.finished(accepted, usage);
        var _ = metered.settle(record, Runnable::run);
        node.leases.charged(hold, record.charge());
        return record.charge().nanos();
    }

    private static Usage output(int tokens) {
        return Usage.NONE.withOutput(tokens, 0);
    }

    // A node that is gone --------------------------------------------------------------------

    private ObjectNode vanish(int seconds) throws Exception {
        Money hold = Payers.price(output(TOKENS));
        Payer payer = work.make(1, "8000").getFirst();
        List<WorkNode> nodes = nodes("vanishing", SOON);
        long spent = 0;
        Random random = new Random(7);
        long start = System.nanoTime();
        long interval = 1_000_000_000L / RATE;
        int count = RATE * seconds;
        for (int i = 0; i < count; i++) {
            LockSupport.parkNanos(start + i * interval - System.nanoTime());
            WorkNode node = nodes.get(i % NODES);
            if (place(node, payer, hold) instanceof HoldDecision.Granted(Hold granted)) {
                Usage usage = output(100 + random.nextInt(TOKENS - 100));
                spent += charge(node, payer, granted, usage);
            }
        }
        double perSecond = spent / Machine.secondsSince(start);
        WorkNode gone = nodes.getFirst();
        String id = gone.epoch.node();
        // Before it ends, because our end still books what is written down, and a crash would not.
        long frozen = leased(id);
        gone.vanish();
        long lease = leased(id);
        PostgresNodes list = new PostgresNodes(work.database.jdbi());
        Machine.await(
                "the end of " + id + "'s leases",
                SOON.length().multipliedBy(5),
                () ->
                        number(
                                        "SELECT count(*) FROM node WHERE leases_until"
                                                + " < clock_timestamp() AND id = '"
                                                + id
                                                + "'")
                                == 1);
        Lost lost = list.lost(id);
        ObjectNode found = Json.MAPPER.createObjectNode();
        found.put("spentPerSecond", perSecond);
        found.put("frozen", frozen);
        found.put("named", lost.node().node());
        found.put("node", id);
        found.put("unbilled", lost.unbilled().stream().mapToLong(Money::nanos).sum());
        found.put("lease", lease);
        found.put("left", leased(id));
        for (WorkNode node : nodes.subList(1, NODES)) {
            node.leave();
        }
        return found;
    }

    private long leased(String node) {
        return number("SELECT coalesce(sum(amount), 0) FROM lease WHERE node_id = '" + node + "'");
    }

    private long number(String sql) {
        return work.database
                .jdbi()
                .withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
    }
}
