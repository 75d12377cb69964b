package mooring.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Ends the server, or its PostgreSQL, with SIGKILL at random moments under load, and looks for
/// what was left behind: processes, money set aside, wrong sums, answers that nobody paid or that
/// were paid twice.
@Command(
        name = "kill",
        mixinStandardHelpOptions = true,
        description = "kill -9 of server or PostgreSQL under load: each answer is billed once")
final class Kill extends Measurement {

    private static final int BAR_KILLS = 100;
    private static final int BAR_RATE = 500;
    private static final int CUSTOMERS = 3;
    private static final String CREDIT = "1000000";
    private static final String LOCAL_MODEL = "scripted-local";
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration GONE = Duration.ofSeconds(3);
    private static final Duration GIVEN_UP = Duration.ofSeconds(15);
    private static final Duration NEXT_START = Duration.ofSeconds(6);
    private static final Duration BACK = Duration.ofMinutes(1);
    private static final Duration AT_REST = Duration.ofSeconds(10);

    /// Complete answers before the dice decide: a server that is still cold proves little.
    private static final int WARM_ANSWERS = 50;

    private static final Duration WARM = Duration.ofSeconds(20);
    private static final int LONGEST_LOAD_MILLIS = 2_500;

    /// Requests go on for so long after PostgreSQL is gone.
    private static final int LONGEST_REST_MILLIS = 1_500;

    @Option(names = "--kills", description = "how often (default: ${DEFAULT-VALUE})")
    private int kills = BAR_KILLS;

    @Option(names = "--rate", description = "requests a second (default: ${DEFAULT-VALUE})")
    private int rate = 520;

    @Option(names = "--seed", description = "of the random requests (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    private final List<Double> starts = new ArrayList<>();
    private final List<Double> returns = new ArrayList<>();
    private final List<Double> rests = new ArrayList<>();
    private final List<Double> controls = new ArrayList<>();
    private final List<Got> all = new ArrayList<>();
    private double slowestEnd;
    private double loadSeconds;

    @Override
    boolean fullSize() {
        return kills >= BAR_KILLS && rate >= BAR_RATE;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException, SQLException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = offer(bench, simulator);
        Path data = bench.folder().resolve("data");
        ServerInstance server = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
        Billing.Sums sums =
                new Billing.Sums(new BigDecimal(CREDIT), Machine.instant().minusSeconds(1));
        List<Operator.Customer> customers = new ArrayList<>();
        for (int i = 0; i < CUSTOMERS; i++) {
            customers.add(server.operator().createCustomer("Customer " + i, CREDIT));
        }
        Report report = new Report("%d kills at %d requests/s, fsync on".formatted(kills, rate));
        Billing billing = new Billing(report);
        Tallies tallies =
                new Tallies(
                        report.tally("no process of the instance left behind"),
                        report.tally("PostgreSQL's end breaks no answer that has begun"),
                        report.tally(
                                "nothing set aside is left %s after ready"
                                        .formatted(Machine.seconds(Machine.seconds(AT_REST)))),
                        report.tally("no bill above what the engine generated"));
        Random random = new Random(seed);
        for (int round = 1; round <= kills; round++) {
            boolean whole = round % 2 == 1;
            List<Got> answers;
            double took;
            if (whole) {
                answers = killServer(server, customers, random, round, data, tallies.gone());
                controls.add(JvmStart.seconds());
                server = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
                took = Machine.seconds(server.startTook());
                starts.add(took);
            } else {
                long before = returns.size();
                answers = killPostgres(server, customers, random, round, tallies.unbroken());
                took = returns.get((int) before);
            }
            try (Connection database = server.database().connect()) {
                expectRest(tallies.rest(), database, round);
                billing.answers(database, answers);
                billing.books(database, server.operator(), customers, sums);
            }
            all.addAll(answers);
            bench.say(
                    "kill %d of %d, %s: ready again after %s, %d of %d answers were complete"
                            .formatted(
                                    round,
                                    kills,
                                    whole ? "server" : "PostgreSQL",
                                    Machine.seconds(took),
                                    answers.stream().filter(Got::delivered).count(),
                                    answers.size()));
        }
        try (Connection database = server.database().connect()) {
            // Once more over all rounds: a later start must not have billed an earlier one's again.
            expectNotMore(tallies.notMore(), billing.answers(database, all), simulator);
            noteReleased(report, database);
        }
        server.stop();
        tallies.gone()
                .expect(Leftovers.of(data).isEmpty(), "after the stop: " + Leftovers.of(data));
        finish(report);
        return report;
    }

    private record Tallies(
            Report.Tally gone, Report.Tally unbroken, Report.Tally rest, Report.Tally notMore) {}

    private static Simulator.Offer offer(Workbench bench, Simulator simulator) throws IOException {
        return simulator.offer(
                bench,
                """
                  - id: %s
                    context_length: 131072
                    replicas:
                      - engine: vllm
                        model: %s
                        command: ["%s", "-XX:+UseSerialGC", "-Xmx128m", "-jar", "%s", "--model", "%s", "--port", "{port}", "--api-key-file", "{key_file}"]
                """
                        .formatted(
                                LOCAL_MODEL,
                                LOCAL_MODEL,
                                bench.java().getFirst(),
                                bench.project().simulatorJar(),
                                LOCAL_MODEL),
                "  %s: {input: \"0.31\", output: \"1.7\"}\n".formatted(LOCAL_MODEL));
    }

    /// Loads until a random moment, and kills the server then.
    private List<Got> killServer(
            ServerInstance server,
            List<Operator.Customer> customers,
            Random random,
            int round,
            Path data,
            Report.Tally gone)
            throws InterruptedException {
        try (Load load = load(server, customers, random, round)) {
            load.run(random.nextInt(LONGEST_LOAD_MILLIS), WARM_ANSWERS, WARM);
            List<ProcessHandle> family =
                    ProcessHandle.of(server.pid()).stream()
                            .flatMap(ProcessHandle::descendants)
                            .toList();
            loadSeconds += load.seconds();
            server.kill();
            long killed = System.nanoTime();
            List<String> left = List.of("?");
            while (!left.isEmpty() && System.nanoTime() - killed < GIVEN_UP.toNanos()) {
                left = Leftovers.of(data);
                if (left.isEmpty()) {
                    left =
                            family.stream()
                                    .filter(ProcessHandle::isAlive)
                                    .map(ProcessHandle::toString)
                                    .toList();
                }
                Thread.sleep(10);
            }
            slowestEnd = Math.max(slowestEnd, Machine.secondsSince(killed));
            // PostgreSQL, some of its own, the engine's watcher, the engine.
            gone.expect(family.size() >= 4, "round " + round + ": family of " + family);
            gone.expect(left.isEmpty(), "round " + round + ": " + left);
            return load.finish();
        }
    }

    /// Kills PostgreSQL alone, and goes on with the load meanwhile.
    private List<Got> killPostgres(
            ServerInstance server,
            List<Operator.Customer> customers,
            Random random,
            int round,
            Report.Tally unbroken)
            throws IOException, InterruptedException {
        try (Load load = load(server, customers, random, round);
                ExecutorService watch = Executors.newVirtualThreadPerTaskExecutor()) {
            load.run(random.nextInt(LONGEST_LOAD_MILLIS), WARM_ANSWERS, WARM);
            server.database().kill();
            long killed = System.nanoTime();
            Future<Double> back =
                    watch.submit(
                            () -> {
                                Machine.await("PostgreSQL again", BACK, () -> answers(server));
                                return Machine.secondsSince(killed);
                            });
            load.run(random.nextInt(LONGEST_REST_MILLIS), 0, Duration.ZERO);
            loadSeconds += load.seconds();
            List<Got> answers = load.finish();
            for (Got got : answers) {
                if (got.begun()) {
                    unbroken.expect(got.delivered(), "round " + round + ": " + got);
                }
            }
            returns.add(Load.result(back));
            return answers;
        }
    }

    /// Whether PostgreSQL takes a new connection and the server calls itself ready.
    private static boolean answers(ServerInstance server) {
        try (Connection database = server.database().connect()) {
            return database.isValid(1) && server.readiness().ready();
        } catch (IOException | SQLException | RuntimeException e) {
            // Not yet: its files are on their way, or it does not listen.
            return false;
        }
    }

    private Load load(
            ServerInstance server, List<Operator.Customer> customers, Random random, int round) {
        return new Load(
                new ChatClient(server.baseUrl(), ANSWER),
                customers,
                rate,
                number -> order("k-" + seed + "-" + round + "-" + number, random));
    }

    private static Order order(String label, Random random) {
        int output = 1 + random.nextInt(80);
        return Order.of(
                label,
                random.nextInt(CUSTOMERS),
                random.nextInt(8) == 0 ? LOCAL_MODEL : Simulator.MODEL,
                Words.of(random, 1 + random.nextInt(40)),
                random.nextBoolean(),
                1,
                new Order.Script(output, 0, 100 + random.nextInt(900)),
                new Leave.Never());
    }

    /// From ready on: leases of earlier lives are closed, and nothing is held.
    private void expectRest(Report.Tally rest, Connection database, int round)
            throws SQLException, InterruptedException {
        long start = System.nanoTime();
        String open = Billing.open(database);
        while (!open.isEmpty() && System.nanoTime() - start < AT_REST.toNanos()) {
            Thread.sleep(20);
            open = Billing.open(database);
        }
        rests.add(Machine.secondsSince(start));
        rest.expect(open.isEmpty(), "round " + round + ": " + open);
    }

    private static void expectNotMore(
            Report.Tally notMore, Map<String, List<Billing.Row>> rows, Simulator simulator)
            throws IOException {
        Map<String, Long> made = new HashMap<>();
        simulator
                .log()
                .forEach(
                        (label, generated) ->
                                made.put(
                                        label,
                                        generated.stream()
                                                .mapToLong(each -> each.tokens().output())
                                                .sum()));
        rows.forEach(
                (label, its) -> {
                    for (Billing.Row row : its) {
                        if (row.model().equals(Simulator.MODEL)) {
                            long generated = made.getOrDefault(label, 0L);
                            notMore.expect(
                                    row.tokens().output() <= generated,
                                    row + ", generated " + generated);
                        }
                    }
                });
    }

    private static void noteReleased(Report report, Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                "SELECT (SELECT count(*) FROM settlement),"
                                        + " (SELECT count(*) FROM released_request)")) {
            row.next();
            report.note("requests billed, released", row.getLong(1) + ", " + row.getLong(2));
        }
    }

    private void finish(Report report) {
        double offered = all.size() / loadSeconds;
        long delivered = all.stream().filter(Got::delivered).count();
        report.timedLine(
                "requests offered per second",
                Machine.decimal(offered, 1),
                "≥ " + BAR_RATE,
                offered >= BAR_RATE);
        report.timedLine(
                "last process gone after, slowest",
                Machine.seconds(slowestEnd),
                "≤ " + Machine.seconds(Machine.seconds(GONE)),
                slowestEnd <= Machine.seconds(GONE));
        start(report, "next start to ready, slowest", Machine.max(array(starts)));
        start(report, "PostgreSQL killed to ready again, slowest", Machine.max(array(returns)));
        report.note(
                "nothing set aside any more, slowest", Machine.seconds(Machine.max(array(rests))));
        report.note("requests sent, complete", all.size() + ", " + delivered);
        report.note("next start, median", Machine.seconds(Machine.median(array(starts))));
        report.note(
                "control: bare JVM start, median",
                Machine.seconds(Machine.median(array(controls))));
        report.headline(
                "%d kills at %.0f requests/s: ready again after %s (server, slowest %s) and %s (PostgreSQL, slowest %s); %d complete answers, each billed once"
                        .formatted(
                                kills,
                                offered,
                                Machine.seconds(Machine.median(array(starts))),
                                Machine.seconds(Machine.max(array(starts))),
                                returns.isEmpty()
                                        ? "–"
                                        : Machine.seconds(Machine.median(array(returns))),
                                Machine.seconds(Machine.max(array(returns))),
                                delivered));
    }

    private static void start(Report report, String what, double slowest) {
        report.timedLine(
                what,
                Machine.seconds(slowest),
                "≤ " + Machine.seconds(Machine.seconds(NEXT_START)),
                slowest <= Machine.seconds(NEXT_START));
    }

    private static double[] array(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }
}
