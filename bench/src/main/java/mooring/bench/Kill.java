package mooring.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Ends a server with SIGKILL at random moments under load, starts it again, and looks for what was
/// left behind: processes, holds, wrong sums, answers that nobody paid.
@Command(
        name = "kill",
        mixinStandardHelpOptions = true,
        description = "kill -9 under load: no orphan, a fast next start, an exact ledger")
final class Kill extends Measurement {

    private static final int BAR_TIMES = 20;
    private static final int BAR_RATE = 100;
    private static final int CUSTOMERS = 3;
    private static final String CREDIT = "1000000";
    private static final String LOCAL_MODEL = "scripted-local";
    private static final Duration ANSWER = Duration.ofSeconds(20);
    private static final Duration GONE = Duration.ofSeconds(3);
    private static final Duration GIVEN_UP = Duration.ofSeconds(15);
    private static final Duration NEXT_START = Duration.ofSeconds(6);
    private static final Duration RELEASED = Duration.ofSeconds(10);

    /// Complete answers before the dice decide: a server that is still cold proves little.
    private static final int WARM_ANSWERS = 50;

    private static final Duration WARM = Duration.ofSeconds(20);
    private static final int LONGEST_LOAD_MILLIS = 2_500;

    @Option(names = "--times", description = "how often (default: ${DEFAULT-VALUE})")
    private int times = BAR_TIMES;

    @Option(names = "--rate", description = "requests a second (default: ${DEFAULT-VALUE})")
    private int rate = 110;

    @Option(names = "--seed", description = "of the random requests (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    private final List<Double> starts = new ArrayList<>();
    private final List<Double> controls = new ArrayList<>();
    private double slowestEnd;
    private long sent;
    private long delivered;
    private double loadSeconds;

    @Override
    boolean fullSize() {
        return times >= BAR_TIMES && rate >= BAR_RATE;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = offer(bench, simulator);
        Path data = bench.folder().resolve("data");
        ServerInstance server = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
        Instant from = Machine.instant().minusSeconds(1);
        List<Operator.Customer> customers = new ArrayList<>();
        for (int i = 0; i < CUSTOMERS; i++) {
            customers.add(server.operator().createCustomer("Customer " + i, CREDIT));
        }
        Report report = new Report("%d kills at %d requests/s".formatted(times, rate));
        Report.Tally gone = report.tally("no process of the instance left behind");
        Report.Tally released = report.tally("no hold left open after the start");
        Report.Tally verified = report.tally("ledger verify finds nothing");
        Report.Tally settledOnce =
                report.tally("every complete answer settled once, with its tokens");
        Report.Tally notMore = report.tally("no settlement above what the engine generated");
        Report.Tally exact = report.tally("balance = credits − Σ payable");
        Random random = new Random(seed);
        for (int round = 1; round <= times; round++) {
            Map<Order, Answer> answers = loadAndKill(server, customers, random, round, data, gone);
            controls.add(JvmStart.seconds());
            server = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
            double took = Machine.seconds(server.startTook());
            starts.add(took);
            Operator operator = server.operator();
            expectReleased(released, operator, round);
            List<String> violations = operator.violations();
            verified.expect(violations.isEmpty(), "round " + round + ": " + violations);
            compare(operator, customers, from, answers, simulator, settledOnce, notMore, exact);
            bench.say(
                    "kill %d of %d: ready again after %s, %d of %d answers were complete"
                            .formatted(
                                    round,
                                    times,
                                    Machine.seconds(took),
                                    answers.values().stream().filter(Answer::delivered).count(),
                                    answers.size()));
        }
        server.stop();
        gone.expect(Leftovers.of(data).isEmpty(), "after the stop: " + Leftovers.of(data));
        finish(report);
        return report;
    }

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

    /// Offers requests at the rate, kills at a random moment, and returns what clients got.
    private Map<Order, Answer> loadAndKill(
            ServerInstance server,
            List<Operator.Customer> customers,
            Random random,
            int round,
            Path data,
            Report.Tally gone)
            throws InterruptedException {
        ChatClient client = new ChatClient(server.baseUrl(), ANSWER);
        int millis = random.nextInt(LONGEST_LOAD_MILLIS);
        Map<Order, Future<Answer>> running = new HashMap<>();
        AtomicInteger whole = new AtomicInteger();
        long start = System.nanoTime();
        long killAt = start + WARM.toNanos();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; ; i++) {
                long due = start + i * (1_000_000_000L / rate);
                if (due >= killAt) {
                    break;
                }
                LockSupport.parkNanos(due - System.nanoTime());
                Order order = order("k-" + seed + "-" + round + "-" + i, random);
                String key = customers.get(order.customer()).key();
                running.put(
                        order,
                        threads.submit(
                                () -> {
                                    Answer answer =
                                            client.ask(
                                                    key,
                                                    order.label(),
                                                    order.body(),
                                                    new Leave.Never());
                                    if (answer.delivered()) {
                                        whole.incrementAndGet();
                                    }
                                    return answer;
                                }));
                if (whole.get() >= WARM_ANSWERS && killAt == start + WARM.toNanos()) {
                    killAt = System.nanoTime() + millis * 1_000_000L;
                }
            }
            LockSupport.parkNanos(killAt - System.nanoTime());
            List<ProcessHandle> family =
                    ProcessHandle.of(server.pid()).stream()
                            .flatMap(ProcessHandle::descendants)
                            .toList();
            loadSeconds += Machine.secondsSince(start);
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
        }
        Map<Order, Answer> answers = new HashMap<>();
        running.forEach((order, answer) -> answers.put(order, result(answer)));
        sent += answers.size();
        return answers;
    }

    private static Answer result(Future<Answer> answer) {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
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

    private static void expectReleased(Report.Tally released, Operator operator, int round)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + RELEASED.toNanos();
        BigDecimal held = operator.held();
        while (held.signum() != 0 && System.nanoTime() < deadline) {
            Thread.sleep(20);
            held = operator.held();
        }
        released.expect(held.signum() == 0, "round " + round + ": held " + held);
    }

    private void compare(
            Operator operator,
            List<Operator.Customer> customers,
            Instant from,
            Map<Order, Answer> answers,
            Simulator simulator,
            Report.Tally settledOnce,
            Report.Tally notMore,
            Report.Tally exact)
            throws IOException, InterruptedException {
        Map<String, List<Settled>> byLabel = new HashMap<>();
        Map<String, List<Generated>> log = simulator.log();
        for (Operator.Customer customer : customers) {
            BigDecimal payable = BigDecimal.ZERO;
            for (Settled row : operator.settled(customer.id(), from)) {
                byLabel.computeIfAbsent(row.label(), _ -> new ArrayList<>()).add(row);
                payable = payable.add(row.payable());
            }
            BigDecimal expected = new BigDecimal(CREDIT).subtract(payable);
            Operator.Balance balance = operator.balance(customer.id());
            exact.expect(
                    balance.posted().compareTo(expected) == 0,
                    balance + " (expected: " + expected.toPlainString() + ")");
        }
        answers.forEach(
                (order, answer) -> {
                    List<Settled> rows = byLabel.getOrDefault(order.label(), List.of());
                    if (answer.delivered()) {
                        delivered++;
                        settledOnce.expect(
                                rows.size() == 1
                                        && rows.getFirst().tokens().equals(answer.usage)
                                        && rows.getFirst().id().equals(answer.requestId),
                                order.label() + ": " + rows + ", client " + answer.usage);
                    }
                    for (Settled row : rows) {
                        if (row.model().equals(Simulator.MODEL)) {
                            long made =
                                    log.getOrDefault(order.label(), List.of()).stream()
                                            .mapToLong(each -> each.tokens().output())
                                            .sum();
                            notMore.expect(
                                    rows.size() == 1 && row.tokens().output() <= made,
                                    order.label() + ": " + rows + ", generated " + made);
                        }
                    }
                });
    }

    private void finish(Report report) {
        double[] starting = starts.stream().mapToDouble(Double::doubleValue).toArray();
        double[] bare = controls.stream().mapToDouble(Double::doubleValue).toArray();
        double offered = sent / loadSeconds;
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
        report.timedLine(
                "next start to ready, slowest",
                Machine.seconds(Machine.max(starting)),
                "≤ " + Machine.seconds(Machine.seconds(NEXT_START)),
                Machine.max(starting) <= Machine.seconds(NEXT_START));
        report.note("requests sent, complete", sent + ", " + delivered);
        report.note("the same, median", Machine.seconds(Machine.median(starting)));
        report.note("control: bare JVM start, median", Machine.seconds(Machine.median(bare)));
        report.headline(
                "%d kills at %.0f requests/s: last process gone after %s, next start median %s, slowest %s (bare JVM %s); %d complete answers, each settled once"
                        .formatted(
                                times,
                                offered,
                                Machine.seconds(slowestEnd),
                                Machine.seconds(Machine.median(starting)),
                                Machine.seconds(Machine.max(starting)),
                                Machine.seconds(Machine.median(bare)),
                                delivered));
    }
}
