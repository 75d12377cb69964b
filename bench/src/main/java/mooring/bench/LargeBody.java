package mooring.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mooring.bench.SideBySide.Way;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What the gateway adds to a request of some megabytes, and what such requests do to everybody
/// else's streams.
@Command(
        name = "large-body",
        mixinStandardHelpOptions = true,
        description = "4 MB alone, and 6 MB of 1M tokens beside 200 streams: added time, gaps")
final class LargeBody extends Measurement {

    private static final int BAR_ROUNDS = 3;
    private static final int BAR_SECONDS = 10;
    private static final int BAR_STREAMS = 200;
    private static final int ALONE_BYTES = 4_000_000;
    private static final int BESIDE_BYTES = 6_000_000;
    private static final double MAX_ALONE_MILLIS = 10;
    private static final double MAX_BESIDE_MILLIS = 20;
    private static final double MAX_GAP_MILLIS = 50;

    private static final int TOKENS = 100;
    private static final Duration PACE = Duration.ofMillis(20);

    /// Bodies taken in turn, so that no two requests in a row are alike.
    private static final int BODIES = 3;

    private static final int WORDS_AT_ONCE = 12;
    private static final long SEED = 11;

    @Option(names = "--rounds", description = "of each way (default: ${DEFAULT-VALUE})")
    private int rounds = BAR_ROUNDS;

    @Option(names = "--seconds", description = "for each run (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Option(names = "--streams", description = "open beside them (default: ${DEFAULT-VALUE})")
    private int streams = BAR_STREAMS;

    @Override
    boolean fullSize() {
        return rounds >= BAR_ROUNDS && seconds >= BAR_SECONDS && streams >= BAR_STREAMS;
    }

    /// Times of large requests by their way, and of the streams' chunks beside them.
    private static final class Times {
        final List<Double> throughGateway = new ArrayList<>();
        final List<Double> direct = new ArrayList<>();
        final List<Double> gap = new ArrayList<>();
        final List<Double> gapAlone = new ArrayList<>();

        double added() {
            return median(throughGateway) - median(direct);
        }
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Report report =
                new Report(
                        "%d rounds of %d s each; load and engine on the same cores"
                                .formatted(rounds, seconds));
        Report.Tally right = report.tally("every answer has its text, counts, id and end");
        try (SideBySide sides = new SideBySide(bench, 1, TOKENS, PACE, false, null);
                ExecutorService threads = Executors.newFixedThreadPool(1)) {
            Way gateway = sides.way(SideBySide.MOORING);
            Way engine = sides.way(SideBySide.DIRECT);
            List<String> four = bodies(ALONE_BYTES);
            List<String> six = bodies(BESIDE_BYTES);
            // The compiler's share of the first large bodies is nobody's latency.
            large(gateway, four, right);
            large(gateway, six, right);
            Times alone = new Times();
            for (int round = 0; round < rounds; round++) {
                alone.throughGateway.add(large(gateway, four, right));
                alone.direct.add(large(engine, four, right));
            }
            Times beside = new Times();
            for (int round = 0; round < rounds; round++) {
                Future<LoadGenerator.Result> open =
                        threads.submit(() -> streams(gateway, seconds + 1));
                beside.throughGateway.add(large(gateway, six, right));
                beside.gap.add(gap(open, right));
                open = threads.submit(() -> streams(gateway, seconds + 1));
                beside.direct.add(large(engine, six, right));
                beside.gapAlone.add(gap(open, right));
            }
            finish(report, alone, beside);
            sides.server().stop();
        }
        return report;
    }

    private static void finish(Report report, Times alone, Times beside) {
        report.timedLine(
                "added to 4 MB alone, ms",
                Machine.decimal(alone.added(), 1),
                "≤ " + Machine.decimal(MAX_ALONE_MILLIS, 0),
                alone.added() <= MAX_ALONE_MILLIS);
        report.note("4 MB to the engine itself, ms", millis(alone.direct));
        report.timedLine(
                "added to 6 MB beside the streams, ms",
                Machine.decimal(beside.added(), 1),
                "≤ " + Machine.decimal(MAX_BESIDE_MILLIS, 0),
                beside.added() <= MAX_BESIDE_MILLIS);
        report.note("6 MB to the engine itself beside them, ms", millis(beside.direct));
        double gap = median(beside.gap);
        report.timedLine(
                "from chunk to chunk of the streams, p99, ms",
                Machine.decimal(gap, 1),
                "≤ " + Machine.decimal(MAX_GAP_MILLIS, 0),
                gap <= MAX_GAP_MILLIS);
        report.note(
                "the same while 6 MB go to the engine itself, ms (the pace: 20)",
                millis(beside.gapAlone));
        report.headline(
                "4 MB: %s ms added; 6 MB beside the streams: %s ms added, their chunks' gap p99 %s ms"
                        .formatted(
                                Machine.decimal(alone.added(), 1),
                                Machine.decimal(beside.added(), 1),
                                Machine.decimal(gap, 1)));
    }

    private static double median(List<Double> values) {
        return Machine.median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static String millis(List<Double> values) {
        return Machine.decimal(median(values), 1);
    }

    /// One after the other; the median time of one, in milliseconds.
    private double large(Way way, List<String> bodies, Report.Tally right) throws IOException {
        List<byte[]> requests = new ArrayList<>();
        for (String body : bodies) {
            requests.addAll(way.requests(body));
        }
        try (LoadGenerator load = new LoadGenerator(way.url(), 1, requests, AnswerCheck.whole())) {
            LoadGenerator.Result result = load.closed(seconds);
            right.expect(result.broken == 0, result.broken + " large: " + result.examples);
            right.expect(result.answers > 0, "no answer to a large body");
            return result.latency.millis(0.5);
        }
    }

    private LoadGenerator.Result streams(Way way, int runSeconds) throws IOException {
        try (LoadGenerator load =
                new LoadGenerator(
                        way.url(),
                        streams + streams / 10 + 1,
                        way.requests(GatewayCost.STREAM),
                        AnswerCheck.stream(TOKENS))) {
            return load.open(runSeconds, streams / (TOKENS * PACE.toNanos() / 1e9));
        }
    }

    private static double gap(Future<LoadGenerator.Result> open, Report.Tally right) {
        LoadGenerator.Result result = Load.result(open);
        right.expect(result.broken == 0, result.broken + " streams: " + result.examples);
        right.expect(result.answers > 0, "no stream came to its end");
        return result.gap.millis(0.99);
    }

    private static List<String> bodies(int bytes) {
        Random random = new Random(SEED);
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < BODIES; i++) {
            StringBuilder text = new StringBuilder(bytes);
            text.append("{\"model\":\"stub\",\"messages\":[{\"role\":\"user\",\"content\":\"");
            while (text.length() < bytes) {
                text.append(Words.of(random, WORDS_AT_ONCE)).append(".\\n");
            }
            bodies.add(text.append("\"}],\"max_tokens\":256}").toString());
        }
        return bodies;
    }
}
