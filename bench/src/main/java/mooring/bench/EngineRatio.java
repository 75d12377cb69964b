package mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The embedded engine's tokens per second through the gateway, against the engine called directly:
/// interleaved pairs of one prompt each, never cached, order alternating.
@Command(
        name = "engine-ratio",
        mixinStandardHelpOptions = true,
        description = "tokens per second of the embedded engine: gateway against direct")
final class EngineRatio extends Measurement {

    private static final int BAR_PAIRS = 9;
    private static final double BAR = 0.97;
    private static final int BAR_TOKENS = 200;
    private static final int PROMPT_WORDS = 20;
    private static final Duration ANSWER = Duration.ofMinutes(2);

    @Option(names = "--pairs", description = "how many (default: ${DEFAULT-VALUE})")
    private int pairs = BAR_PAIRS;

    @Option(names = "--tokens", description = "of each answer (default: ${DEFAULT-VALUE})")
    private int tokens = BAR_TOKENS;

    @Override
    boolean fullSize() {
        return pairs >= BAR_PAIRS && tokens >= BAR_TOKENS;
    }

    private static final int WARM_UP_STREAMS = 4;
    private static final int WARM_UP_ANSWERS = 8;

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        ServerInstance server =
                ServerInstance.start(bench, bench.folder().resolve("data"), null, null);
        Operator.Customer customer = server.operator().createCustomer("A", "100");
        ServerInstance.DirectEngine engine = server.engine();
        Random random = new Random(1);
        bench.say("warming up: the gateway's compiler needs some thousand chunks");
        warmUp(server.baseUrl(), customer.key(), engine.model());
        speed(engine.url(), engine.key(), engine.model(), random);
        double[] ratios = new double[pairs];
        double[] direct = new double[pairs];
        double[] gateway = new double[pairs];
        for (int pair = 0; pair < pairs; pair++) {
            boolean gatewayFirst = pair % 2 == 0;
            if (gatewayFirst) {
                gateway[pair] = speed(server.baseUrl(), customer.key(), engine.model(), random);
            }
            direct[pair] = speed(engine.url(), engine.key(), engine.model(), random);
            if (!gatewayFirst) {
                gateway[pair] = speed(server.baseUrl(), customer.key(), engine.model(), random);
            }
            ratios[pair] = gateway[pair] / direct[pair];
            bench.say(
                    "pair %d: gateway %.1f, direct %.1f tokens/s, ratio %.3f"
                            .formatted(pair + 1, gateway[pair], direct[pair], ratios[pair]));
        }
        server.stop();
        double median = Machine.median(ratios);
        Report report = new Report("%d pairs of %d tokens".formatted(pairs, tokens));
        report.timedLine(
                "gateway ÷ direct, median of pairs",
                Machine.decimal(median, 3),
                "≥ " + BAR,
                median >= BAR);
        report.note(
                "tokens/s through the gateway, median",
                Machine.decimal(Machine.median(gateway), 1));
        report.note("tokens/s direct, median", Machine.decimal(Machine.median(direct), 1));
        report.headline(
                "%s × (%s against %s tokens/s), median of %d pairs"
                        .formatted(
                                Machine.decimal(median, 3),
                                Machine.decimal(Machine.median(gateway), 1),
                                Machine.decimal(Machine.median(direct), 1),
                                pairs));
        return report;
    }

    /// Several streams at once, since what counts is how many chunks went through.
    private void warmUp(URI url, String key, String model) throws InterruptedException {
        List<Thread> streams = new ArrayList<>();
        for (int i = 0; i < WARM_UP_STREAMS; i++) {
            Random words = new Random(100L + i);
            streams.add(
                    Thread.startVirtualThread(
                            () -> {
                                for (int j = 0; j < WARM_UP_ANSWERS; j++) {
                                    speed(url, key, model, words);
                                }
                            }));
        }
        for (Thread stream : streams) {
            stream.join();
        }
    }

    /// From the request to the end of an answer to a prompt that is new to the engine.
    private double speed(URI url, String key, String model, Random random) {
        ChatClient client = new ChatClient(url, ANSWER);
        String body = LongAnswer.body(model, LongAnswer.prompt(random, PROMPT_WORDS), tokens);
        long start = System.nanoTime();
        Answer answer = client.ask(key, "ratio", body, new Leave.Never());
        double took = Machine.secondsSince(start);
        if (!answer.delivered() || answer.usage == null || answer.usage.output() != tokens) {
            throw new IllegalStateException(
                    "status " + answer.status + ", " + answer.usage + ", " + answer.trouble);
        }
        return tokens / took;
    }
}
