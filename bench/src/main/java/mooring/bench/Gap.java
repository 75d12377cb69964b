package mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// How long a running stream of the embedded engine stands still while a long prompt of another
/// request is computed; through the gateway, and by the engine itself as control.
@Command(
        name = "gap",
        mixinStandardHelpOptions = true,
        description = "longest pause of a running stream beside a 1,450-token prompt")
final class Gap extends Measurement {

    private static final int BAR_RUNS = 5;
    private static final double BAR_SECONDS = 0.6;
    private static final int BAR_PROMPT_TOKENS = 1_450;
    private static final int STREAM_TOKENS = 400;
    private static final int TOKENS_BEFORE = 10;
    private static final Duration ANSWER = Duration.ofMinutes(3);

    @Option(names = "--runs", description = "how often each (default: ${DEFAULT-VALUE})")
    private int runs = BAR_RUNS;

    @Option(
            names = "--prompt-tokens",
            description = "of the prompt beside it (default: ${DEFAULT-VALUE})")
    private int promptLength = BAR_PROMPT_TOKENS;

    private final List<Long> promptTokens = new ArrayList<>();

    @Override
    boolean fullSize() {
        return runs >= BAR_RUNS && promptLength >= BAR_PROMPT_TOKENS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException, ExecutionException {
        ServerInstance server =
                ServerInstance.start(bench, bench.folder().resolve("data"), null, null);
        Operator.Customer customer = server.operator().createCustomer("A", "100");
        ServerInstance.DirectEngine engine = server.engine();
        Random random = new Random(1);
        double[] gateway = new double[runs];
        double[] direct = new double[runs];
        for (int run = 0; run < runs; run++) {
            gateway[run] = gap(server.baseUrl(), customer.key(), engine.model(), random);
            direct[run] = gap(engine.url(), engine.key(), engine.model(), random);
            bench.say(
                    "gap: through the gateway %s, direct %s"
                            .formatted(
                                    Machine.seconds(gateway[run]), Machine.seconds(direct[run])));
        }
        server.stop();
        double median = Machine.median(gateway);
        Report report = new Report("%d runs each, interleaved".formatted(runs));
        report.timedLine(
                "longest gap through the gateway, median",
                Machine.seconds(median),
                "≤ " + Machine.seconds(BAR_SECONDS),
                median <= BAR_SECONDS);
        report.note("the same, slowest", Machine.seconds(Machine.max(gateway)));
        report.note(
                "control: engine called directly, median", Machine.seconds(Machine.median(direct)));
        report.note("tokens of the prompts beside it", promptTokens.toString());
        report.headline(
                "longest gap %s, median of %d (engine called directly: %s)"
                        .formatted(
                                Machine.seconds(median),
                                runs,
                                Machine.seconds(Machine.median(direct))));
        return report;
    }

    private double gap(URI url, String key, String model, Random random)
            throws InterruptedException, ExecutionException {
        ChatClient client = new ChatClient(url, ANSWER);
        String running = LongAnswer.body(model, LongAnswer.prompt(random, 20), STREAM_TOKENS);
        String disturbing =
                LongAnswer.body(model, LongAnswer.promptOfTokens(random, promptLength), 1);
        Progress progress = new Progress(TOKENS_BEFORE);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Answer> stream =
                    threads.submit(
                            () -> client.ask(key, "gap", running, new Leave.Never(), progress));
            progress.await(ANSWER);
            long begun = System.nanoTime();
            Answer beside = client.ask(key, "beside", disturbing, new Leave.Never());
            long ended = System.nanoTime();
            Answer answer = stream.get();
            if (!answer.delivered() || !beside.delivered() || beside.usage == null) {
                throw new IllegalStateException(
                        "%s after %d pieces, %s, %s"
                                .formatted(
                                        answer.trouble,
                                        answer.pieces.size(),
                                        beside.trouble,
                                        beside.usage));
            }
            promptTokens.add(beside.usage.input() + beside.usage.cached());
            return longest(answer, begun, ended);
        }
    }

    /// The longest pause that overlaps the time of the other request.
    private static double longest(Answer answer, long begun, long ended) {
        long longest = 0;
        for (int i = 1; i < answer.pieces.size(); i++) {
            long before = answer.pieces.get(i - 1).atNanos();
            long after = answer.pieces.get(i).atNanos();
            if (after > begun && before < ended) {
                longest = Math.max(longest, after - before);
            }
        }
        if (answer.pieces.getLast().atNanos() < ended) {
            throw new IllegalStateException("the stream ended before the other request did");
        }
        return longest / 1e9;
    }
}
