package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Sends many mixed requests through a server to a simulated engine, and holds the engine's log,
/// the settlements, the answers and the balances against each other, request by request.
@Command(
        name = "exactly-once",
        mixinStandardHelpOptions = true,
        description = "engine's log = settlement = usage reported, per request, to the nano unit")
final class ExactlyOnce extends Measurement {

    private static final int BAR_REQUESTS = 2_000;
    private static final int BAR_CONCURRENCY = 32;
    private static final int CUSTOMERS = 4;
    private static final Duration ANSWER = Duration.ofMinutes(1);
    private static final Duration QUIET = Duration.ofSeconds(15);
    private static final Duration STOP = Duration.ofSeconds(1);

    @Option(names = "--requests", description = "how many (default: ${DEFAULT-VALUE})")
    private int requests = BAR_REQUESTS;

    @Option(names = "--concurrency", description = "how many at once (default: ${DEFAULT-VALUE})")
    private int concurrency = BAR_CONCURRENCY;

    @Option(names = "--seed", description = "of the random requests (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    @Override
    boolean fullSize() {
        return requests >= BAR_REQUESTS && concurrency >= BAR_CONCURRENCY;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        ServerInstance server =
                ServerInstance.start(
                        bench, bench.folder().resolve("data"), offer.catalog(), offer.prices());
        Operator operator = server.operator();
        Instant from = Machine.instant().minusSeconds(1);
        List<Operator.Customer> customers = new ArrayList<>();
        for (int i = 0; i < CUSTOMERS; i++) {
            customers.add(operator.createCustomer("Customer " + i, "1000000"));
        }
        List<Order> orders = orders(customers.size());

        long start = System.nanoTime();
        Map<String, Answer> answers = send(server, customers, orders);
        double took = Machine.secondsSince(start);
        Machine.await("the engine at rest", QUIET, () -> simulator.open() == 0);
        boolean released = released(operator);

        Report report =
                new Report(
                        "%d requests at %d concurrent, %d organizations, %s"
                                .formatted(
                                        requests, concurrency, CUSTOMERS, Machine.seconds(took)));
        Comparison comparison = new Comparison(report);
        Map<String, List<Generated>> log = simulator.log();
        Map<String, List<Settled>> settled = new HashMap<>();
        JsonNode pricing = operator.pricing(customers.getFirst().key(), Simulator.MODEL);
        Report.Tally money = report.tally("cost recomputed from the public prices = charge");
        Report.Tally balances = report.tally("balance before − after = Σ payable");
        Report.Tally sums = report.tally("usage report = Σ settlements");
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < CUSTOMERS; i++) {
            List<Settled> rows = operator.settled(customers.get(i).id(), from);
            BigDecimal payable = BigDecimal.ZERO;
            for (Settled row : rows) {
                String owner = row.label() + "@" + i;
                settled.computeIfAbsent(owner, _ -> new ArrayList<>()).add(row);
                comparison.once.expect(ids.add(row.id()), row.id() + ": settled twice");
                BigDecimal price = Settled.price(row.tokens(), pricing);
                money.expect(
                        row.cost().compareTo(price) == 0
                                && row.payable().add(row.shortfall()).compareTo(price) == 0
                                && row.cacheWrite() == 0,
                        row + " (expected: " + price.toPlainString() + ")");
                payable = payable.add(row.payable());
            }
            Operator.Balance balance = operator.balance(customers.get(i).id());
            BigDecimal expected = new BigDecimal("1000000").subtract(payable);
            balances.expect(
                    balance.posted().compareTo(expected) == 0
                            && balance.available().compareTo(expected) == 0,
                    balance + " (expected: " + expected.toPlainString() + ")");
            compareSums(sums, operator.usageTotals(customers.get(i).id(), from), rows);
        }
        for (Order order : orders) {
            Answer answer = answers.get(order.label());
            comparison.compare(
                    order,
                    answer == null ? new Answer() : answer,
                    settled.getOrDefault(order.label() + "@" + order.customer(), List.of()),
                    log.getOrDefault(order.label(), List.of()));
        }
        report.line(
                "holds left open", released ? "0" : operator.held().toPlainString(), "0", released);
        List<String> violations = operator.violations();
        report.line(
                "ledger verify",
                violations.isEmpty() ? "clean" : String.join("; ", violations),
                "clean",
                violations.isEmpty());
        comparison.finish();
        bench.say("latest to stop: " + comparison.latest);
        report.headline(
                "%d requests at %d concurrent: %d complete and %d cancelled agree in log, settlement and answer; latest stop %s after the close"
                        .formatted(
                                requests,
                                concurrency,
                                comparison.completeCount,
                                comparison.cancelledCount,
                                Machine.seconds(comparison.latestStop)));
        server.stop();
        return report;
    }

    private static boolean released(Operator operator) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + QUIET.toNanos();
        while (operator.held().signum() != 0) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }

    private Map<String, Answer> send(
            ServerInstance server, List<Operator.Customer> customers, List<Order> orders)
            throws InterruptedException {
        ChatClient client = new ChatClient(server.baseUrl(), ANSWER);
        Semaphore places = new Semaphore(concurrency);
        Map<String, Future<Answer>> running = new HashMap<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Order order : orders) {
                places.acquire();
                String key = customers.get(order.customer()).key();
                running.put(
                        order.label(),
                        threads.submit(
                                () -> {
                                    try {
                                        return client.ask(
                                                key, order.label(), order.body(), order.leave());
                                    } finally {
                                        places.release();
                                    }
                                }));
            }
        }
        Map<String, Answer> answers = new HashMap<>();
        running.forEach((label, answer) -> answers.put(label, answer.resultNow()));
        return answers;
    }

    /// Half streamed, a tenth of all left early; every other thing at random from the seed.
    private List<Order> orders(int customers) {
        Random random = new Random(seed);
        List<String> prefixes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            prefixes.add(Words.of(random, 60 + random.nextInt(500)));
        }
        List<Order> orders = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            boolean streamed = i % 2 == 0;
            boolean leaves = i % 20 == 3 || i % 20 == 12;
            String prompt =
                    (random.nextInt(3) == 0
                                    ? ""
                                    : prefixes.get(random.nextInt(prefixes.size())) + " ")
                            + Words.of(random, 1 + random.nextInt(60));
            int output = 1 + random.nextInt(120);
            int reasoning = random.nextInt(4) == 0 ? random.nextInt(output) : 0;
            int choices = random.nextInt(6) == 0 ? 2 + random.nextInt(3) : 1;
            double pace = random.nextInt(3) == 0 ? 300 + random.nextInt(700) : 0;
            Leave leave = new Leave.Never();
            if (leaves) {
                output = 100 + random.nextInt(300);
                reasoning = Math.min(reasoning, output);
                pace = 50 + random.nextInt(400);
                boolean reset = random.nextBoolean();
                leave =
                        streamed
                                ? new Leave.AfterPieces(1 + random.nextInt(60), reset)
                                : new Leave.After(Duration.ofMillis(random.nextInt(400)), reset);
            }
            orders.add(
                    Order.of(
                            "x-" + seed + "-" + i,
                            random.nextInt(customers),
                            Simulator.MODEL,
                            prompt,
                            streamed,
                            choices,
                            new Order.Script(output, reasoning, pace),
                            leave));
        }
        return orders;
    }

    private static void compareSums(Report.Tally sums, JsonNode totals, List<Settled> rows) {
        BigDecimal cost = BigDecimal.ZERO;
        long input = 0;
        long cached = 0;
        long output = 0;
        long reasoning = 0;
        for (Settled row : rows) {
            cost = cost.add(row.cost());
            input += row.tokens().input();
            cached += row.tokens().cached();
            output += row.tokens().output();
            reasoning += row.tokens().reasoning();
        }
        Tokens total =
                new Tokens(
                        totals.path("input_uncached_tokens").asLong(),
                        totals.path("cache_read_tokens").asLong(),
                        totals.path("output_tokens").asLong(),
                        totals.path("reasoning_tokens").asLong());
        sums.expectEqual("tokens", total, new Tokens(input, cached, output, reasoning));
        sums.expectEqual("requests", totals.path("requests").asInt(), rows.size());
        BigDecimal totalCost = new BigDecimal(totals.path("cost").path("amount").asText());
        sums.expect(totalCost.compareTo(cost) == 0, totalCost + " (expected: " + cost + ")");
    }

    /// The rules that each request is held to.
    private static final class Comparison {

        private final Report report;
        private final Report.Tally answered;
        private final Report.Tally once;
        private final Report.Tally complete;
        private final Report.Tally pieces;
        private final Report.Tally paidAtMost;
        private final Report.Tally paidAtLeast;
        private final Report.Tally cancelledInput;
        private int completeCount;
        private int cancelledCount;
        private int estimatedCount;
        private int unsettledCount;
        private final List<Double> stops = new ArrayList<>();
        private double latestStop;
        private String latest = "";

        Comparison(Report report) {
            this.report = report;
            answered = report.tally("every client that stayed got its whole answer");
            once = report.tally("every id settled once, generated once");
            complete = report.tally("complete: log = settlement = usage, every class");
            pieces = report.tally("complete streams: tokens on the wire = settled output");
            paidAtLeast = report.tally("cancelled: tokens read before the close ≤ settled output");
            paidAtMost = report.tally("cancelled: settled output ≤ generated");
            cancelledInput = report.tally("cancelled: settled prompt = engine's prompt");
        }

        void compare(Order order, Answer answer, List<Settled> settled, List<Generated> generated) {
            String label = order.label() + " ";
            once.expect(settled.size() <= 1, label + "settled: " + settled);
            once.expect(generated.size() <= 1, label + "generated: " + generated);
            Settled row = settled.isEmpty() ? null : settled.getFirst();
            Generated made = generated.isEmpty() ? null : generated.getFirst();
            if (answer.leftAt == null) {
                stayed(label, order, answer, row, made);
            } else {
                left(label, answer, answer.leftAt, row, made);
            }
        }

        private void stayed(
                String label,
                Order order,
                Answer answer,
                @Nullable Settled row,
                @Nullable Generated made) {
            answered.expect(
                    answer.delivered() && answer.usage != null,
                    label + "status " + answer.status + ", " + answer.trouble);
            if (!answer.delivered()) {
                return;
            }
            completeCount++;
            complete.expect(
                    row != null
                            && made != null
                            && row.tokens().equals(made.tokens())
                            && row.tokens().equals(answer.usage)
                            && row.id().equals(answer.requestId)
                            && row.streamed() == order.streamed()
                            && !row.estimated()
                            && made.finishReason().equals(row.finishReason())
                            && answer.finishReasons.containsValue(row.finishReason())
                            && (answer.cost == null || answer.cost.compareTo(row.cost()) == 0),
                    label + row + ", " + made + ", " + answer.usage + ", " + answer.requestId);
            if (order.streamed() && row != null) {
                pieces.expectEqual(
                        label + "pieces", (long) answer.pieces.size(), row.tokens().output());
            }
        }

        private void left(
                String label,
                Answer answer,
                Instant leftAt,
                @Nullable Settled row,
                @Nullable Generated made) {
            cancelledCount++;
            long paid = row == null ? 0 : row.tokens().output();
            long generated = made == null ? 0 : made.tokens().output();
            paidAtLeast.expect(
                    answer.pieces.size() <= paid,
                    label + "read " + answer.pieces.size() + ", settled " + row + ", " + made);
            paidAtMost.expect(paid <= generated, label + "settled " + row + ", " + made);
            if (row == null) {
                unsettledCount++;
                // Free only where the engine never began, or failed to be asked.
                paidAtMost.expect(generated == 0, label + "not settled, but " + made);
            } else {
                estimatedCount += row.estimated() ? 1 : 0;
                if (made != null) {
                    cancelledInput.expectEqual(
                            label + row + " prompt",
                            row.tokens().input() + row.tokens().cached(),
                            made.tokens().input() + made.tokens().cached());
                }
            }
            if (made != null) {
                double stop = Machine.seconds(Duration.between(leftAt, made.endedAt()));
                stops.add(stop);
                if (stop > latestStop) {
                    latestStop = stop;
                    latest = label + answer.pieces.size() + " read, left " + leftAt + ", " + made;
                }
            }
        }

        void finish() {
            report.timedLine(
                    "generation stops after the close",
                    "latest " + Machine.seconds(latestStop),
                    "≤ " + Machine.seconds(Machine.seconds(STOP)),
                    latestStop <= Machine.seconds(STOP));
            double[] all = stops.stream().mapToDouble(Double::doubleValue).toArray();
            report.note("the same, median", Machine.seconds(Machine.median(all)));
            report.note("complete", String.valueOf(completeCount));
            report.note(
                    "cancelled",
                    "%d (%d never reached the engine, %d estimated)"
                            .formatted(cancelledCount, unsettledCount, estimatedCount));
        }
    }
}
