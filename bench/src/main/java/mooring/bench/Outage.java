package mooring.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Holds PostgreSQL still under load: what streams goes on and is billed later, what is admitted
/// comes out of leases, and everything recovers by itself.
@Command(
        name = "outage",
        mixinStandardHelpOptions = true,
        description = "PostgreSQL silent for a minute under load: nothing lost, nothing given away")
final class Outage extends Measurement {

    private static final int BAR_SECONDS = 60;
    private static final int CUSTOMERS = 3;

    /// Its wallet was never leased from, so nothing of it may be admitted meanwhile.
    private static final int STRANGER = CUSTOMERS;

    private static final String CREDIT = "10000";
    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final int WARM_ANSWERS = 50;
    private static final Duration WARM = Duration.ofSeconds(30);
    private static final long BEFORE_MILLIS = 2_000;
    private static final long AFTER_MILLIS = 3_000;

    /// From the last heartbeat on, by the node's clock.
    private static final Duration LEASES = Duration.ofSeconds(20);

    /// Longer than a request waits for money: after so long without a new one, everything that was
    /// decided was decided without PostgreSQL.
    private static final long DECIDED_MILLIS = 3_000;

    private static final Duration TOLD = Duration.ofSeconds(10);
    private static final Duration RECOVERED = Duration.ofSeconds(10);
    private static final Duration GIVEN_UP = Duration.ofMinutes(1);

    @Option(names = "--seconds", description = "how long (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Option(names = "--rate", description = "requests a second (default: ${DEFAULT-VALUE})")
    private int rate = 100;

    @Option(names = "--seed", description = "of the random requests (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    private final Map<String, Boolean> strangers = new HashMap<>();

    @Override
    boolean fullSize() {
        return seconds >= BAR_SECONDS && rate >= 100;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException, SQLException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        ServerInstance server =
                ServerInstance.start(
                        bench, bench.folder().resolve("data"), offer.catalog(), offer.prices());
        Billing.Sums sums =
                new Billing.Sums(new BigDecimal(CREDIT), Machine.instant().minusSeconds(1));
        List<Operator.Customer> customers = new ArrayList<>();
        for (int i = 0; i <= CUSTOMERS; i++) {
            customers.add(server.operator().createCustomer("Customer " + i, CREDIT));
        }
        Report report =
                new Report(
                        "PostgreSQL held still for %d s at %d requests/s".formatted(seconds, rate));
        Billing billing = new Billing(report);
        Report.Tally finished = report.tally("every answer that has begun comes to its end");
        Report.Tally refused = report.tally("what is refused meanwhile: 503 store_unavailable");
        Report.Tally cold = report.tally("nothing admitted of a wallet without a lease");
        Report.Tally within = report.tally("nothing admitted beyond a lease");
        Random random = new Random(seed);
        AtomicBoolean silent = new AtomicBoolean();
        try (Load load =
                        new Load(
                                new ChatClient(server.baseUrl(), ANSWER),
                                customers,
                                rate,
                                number -> order(number, random, silent.get()));
                ExecutorService watch = Executors.newVirtualThreadPerTaskExecutor()) {
            load.run(BEFORE_MILLIS, WARM_ANSWERS, WARM);
            Map<UUID, Long> leased;
            Instant from;
            try (Connection still = server.database().connect()) {
                leased = leased(still);
                server.database().freeze();
                from = Machine.instant();
            }
            silent.set(true);
            Future<Double> told = watch.submit(() -> until(server, false));
            load.run(seconds * 1_000L, 0, Duration.ZERO);
            double noticed = Load.result(told);
            Thread.sleep(DECIDED_MILLIS);
            ServerInstance.Readiness last = server.readiness();
            silent.set(false);
            Instant to = Machine.instant();
            server.database().thaw();
            Future<Double> back = watch.submit(() -> until(server, true));
            load.run(AFTER_MILLIS, 0, Duration.ZERO);
            double recovered = Load.result(back);
            List<Got> answers = load.finish();
            for (Got got : answers) {
                if (got.begun()) {
                    finished.expect(got.delivered(), got.toString());
                } else {
                    refused.expect(
                            got.status() == 503
                                    && got.trouble() != null
                                    && got.trouble().contains("store_unavailable"),
                            got.toString());
                }
                if (strangers.getOrDefault(got.label(), false)) {
                    cold.expect(!got.begun(), got.toString());
                }
            }
            double open = rest(server);
            try (Connection database = server.database().connect()) {
                billing.answers(database, answers);
                billing.books(database, server.operator(), customers, sums);
                double latest = expectWithin(within, database, leased, from, to);
                report.timedLine(
                        "last admission after PostgreSQL fell silent",
                        Machine.seconds(latest),
                        "≤ " + Machine.seconds(Machine.seconds(LEASES)),
                        latest <= Machine.seconds(LEASES) + 0.5);
            }
            report.line(
                    "/readyz while it is silent",
                    last.ready() ? "ready" : "not ready",
                    "not ready",
                    !last.ready());
            report.timedLine(
                    "/readyz says so after",
                    Machine.seconds(noticed),
                    "≤ " + Machine.seconds(Machine.seconds(TOLD)),
                    noticed <= Machine.seconds(TOLD));
            report.timedLine(
                    "ready again after",
                    Machine.seconds(recovered),
                    "≤ " + Machine.seconds(Machine.seconds(RECOVERED)),
                    recovered <= Machine.seconds(RECOVERED));
            report.line(
                    "everything booked and given back",
                    open < 0 ? "no" : "after " + Machine.seconds(open),
                    "yes",
                    open >= 0);
            long delivered = answers.stream().filter(Got::delivered).count();
            report.note("requests sent, complete", answers.size() + ", " + delivered);
            report.headline(
                    "%d s without PostgreSQL at %d requests/s: %d of %d answers complete, each billed once; ready again after %s"
                            .formatted(
                                    seconds,
                                    rate,
                                    delivered,
                                    answers.size(),
                                    Machine.seconds(recovered)));
        }
        server.stop();
        return report;
    }

    /// Short and long ones, so that many are under way at each moment.
    private Order order(int number, Random random, boolean silent) {
        String label = "o-" + seed + "-" + number;
        boolean stranger = silent && number % 25 == 0;
        if (stranger) {
            strangers.put(label, true);
        }
        boolean longer = random.nextInt(10) == 0;
        int output = longer ? 150 + random.nextInt(150) : 1 + random.nextInt(60);
        return Order.of(
                label,
                stranger ? STRANGER : random.nextInt(CUSTOMERS),
                Simulator.MODEL,
                Words.of(random, 1 + random.nextInt(40)),
                random.nextBoolean(),
                1,
                new Order.Script(output, 0, longer ? 50 : 100 + random.nextInt(400)),
                new Leave.Never());
    }

    private static double until(ServerInstance server, boolean ready) throws InterruptedException {
        long start = System.nanoTime();
        Machine.await(
                "/readyz " + (ready ? "ready" : "not ready"),
                GIVEN_UP,
                () -> server.readiness().ready() == ready);
        return Machine.secondsSince(start);
    }

    /// What each wallet's leases hold, read under a lock that keeps them so until PostgreSQL stands
    /// still.
    private static Map<UUID, Long> leased(Connection database) throws SQLException {
        database.setAutoCommit(false);
        Map<UUID, Long> leased = new HashMap<>();
        try (Statement statement = database.createStatement()) {
            statement.execute("LOCK TABLE lease IN SHARE MODE");
            try (ResultSet row =
                    statement.executeQuery(
                            "SELECT wallet_id, sum(amount) FROM lease GROUP BY wallet_id")) {
                while (row.next()) {
                    leased.put(row.getObject(1, UUID.class), row.getLong(2));
                }
            }
        }
        return leased;
    }

    /// @return when the last request was admitted, in seconds since `from`
    private static double expectWithin(
            Report.Tally within,
            Connection database,
            Map<UUID, Long> leased,
            Instant from,
            Instant to)
            throws SQLException {
        double latest = 0;
        try (PreparedStatement select =
                database.prepareStatement(
                        """
                        SELECT wallet_id, count(*), sum(charge), max(admitted_at) FROM settlement
                        WHERE admitted_at >= ? AND admitted_at < ? GROUP BY wallet_id
                        """)) {
            select.setObject(1, OffsetDateTime.ofInstant(from, ZoneOffset.UTC));
            select.setObject(2, OffsetDateTime.ofInstant(to, ZoneOffset.UTC));
            try (ResultSet row = select.executeQuery()) {
                while (row.next()) {
                    UUID wallet = row.getObject(1, UUID.class);
                    long lease = leased.getOrDefault(wallet, 0L);
                    within.expect(
                            row.getLong(3) <= lease,
                            "%s: %d admitted for %d (expected: at most %d)"
                                    .formatted(wallet, row.getLong(2), row.getLong(3), lease));
                    Instant last = row.getObject(4, OffsetDateTime.class).toInstant();
                    latest = Math.max(latest, Machine.seconds(Duration.between(from, last)));
                }
            }
        }
        return latest;
    }

    /// How long until everything is booked and given back; negative when it never was.
    private static double rest(ServerInstance server)
            throws IOException, SQLException, InterruptedException {
        long start = System.nanoTime();
        try (Connection database = server.database().connect()) {
            while (!Billing.open(database).isEmpty()) {
                if (System.nanoTime() - start > GIVEN_UP.toNanos()) {
                    return -1;
                }
                Thread.sleep(20);
            }
        }
        return Machine.secondsSince(start);
    }
}
