package mooring.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.bench.SideBySide.Way;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Thousands of open streams, and beside them whole answers at a steady rate: errors, and memory.
@Command(
        name = "streams",
        mixinStandardHelpOptions = true,
        description = "5,000 open paced streams and 6,000 metered requests/s for 5 min: memory")
final class ManyStreams extends Measurement {

    private static final int BAR_STREAMS = 5_000;
    private static final int BAR_RATE = 6_000;
    private static final int BAR_SECONDS = 300;
    private static final int RATE_CONNECTIONS = 256;

    /// A stream lasts so many times the pace: 50 s as the bar has it.
    private static final int TOKENS = 100;

    private static final double MAX_RSS_MIB = 600;
    private static final double MAX_GROWTH_MIB = 30;
    private static final double BAR_REACHED = 0.99;

    @Option(names = "--streams", description = "open at once (default: ${DEFAULT-VALUE})")
    private int streams = BAR_STREAMS;

    @Option(names = "--rate", description = "whole answers a second (default: ${DEFAULT-VALUE})")
    private int rate = BAR_RATE;

    @Option(names = "--seconds", description = "of both (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Option(
            names = "--pace-millis",
            description = "from chunk to chunk of a stream (default: ${DEFAULT-VALUE})")
    private int paceMillis = 500;

    @Option(names = "--organizations", description = "with a key each (default: ${DEFAULT-VALUE})")
    private int organizations = 200;

    @Override
    boolean fullSize() {
        return streams >= BAR_STREAMS && rate >= BAR_RATE && seconds >= BAR_SECONDS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Report report =
                new Report(
                        "%d streams of %d ms a chunk and %d requests/s for %d s; load and engine on the same cores"
                                .formatted(streams, paceMillis, rate, seconds));
        Report.Tally right = report.tally("every answer has its text, counts, id and end");
        Duration pace = Duration.ofMillis(paceMillis);
        try (SideBySide sides = new SideBySide(bench, organizations, TOKENS, pace, false, null);
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Way way = sides.way(SideBySide.MOORING);
            Future<LoadGenerator.Result> open =
                    threads.submit(
                            () ->
                                    run(
                                            way,
                                            GatewayCost.STREAM,
                                            AnswerCheck.stream(TOKENS),
                                            streams + streams / 10 + 1,
                                            streams / (TOKENS * pace.toNanos() / 1e9)));
            Future<LoadGenerator.Result> whole =
                    threads.submit(
                            () ->
                                    run(
                                            way,
                                            GatewayCost.WHOLE,
                                            AnswerCheck.whole(),
                                            RATE_CONNECTIONS,
                                            rate));
            List<Double> memory = new ArrayList<>();
            while (!ended(open)) {
                memory.add(way.residentMebibytes());
            }
            finish(report, right, Load.result(open), Load.result(whole), memory);
            sides.server().stop();
        }
        return report;
    }

    private LoadGenerator.Result run(
            Way way, String body, AnswerCheck check, int connections, double perSecond)
            throws IOException {
        try (LoadGenerator load =
                new LoadGenerator(way.url(), connections, way.requests(body), check)) {
            return load.open(seconds, perSecond);
        }
    }

    /// Waits for a second at most.
    private static boolean ended(Future<?> run) throws InterruptedException {
        try {
            run.get(1, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException _) {
            return false;
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void finish(
            Report report,
            Report.Tally right,
            LoadGenerator.Result open,
            LoadGenerator.Result whole,
            List<Double> memory) {
        right.expect(open.broken == 0, "streams: " + open.broken + ": " + open.examples);
        right.expect(whole.broken == 0, "requests: " + whole.broken + ": " + whole.examples);
        right.expect(open.answers > 0 && whole.answers > 0, "no answers");
        double most = Machine.max(memory.stream().mapToDouble(Double::doubleValue).toArray());
        double growth = growth(memory);
        report.timedLine(
                "requests answered a second",
                Machine.decimal(whole.rate(), 0),
                "≥ " + Machine.decimal(BAR_REACHED * rate, 0),
                whole.rate() >= BAR_REACHED * rate);
        report.timedLine(
                "resident at most, MiB",
                Machine.decimal(most, 0),
                "≤ " + Machine.decimal(MAX_RSS_MIB, 0),
                most <= MAX_RSS_MIB);
        report.timedLine(
                "mean of the last third over that of the middle one, MiB",
                Machine.decimal(growth, 1),
                "≤ " + Machine.decimal(MAX_GROWTH_MIB, 0),
                growth <= MAX_GROWTH_MIB);
        report.note("streams, chunks", open.answers + ", " + open.chunks);
        report.note(
                "requests p50, p99, ms",
                Machine.decimal(whole.latency.millis(0.5), 2)
                        + ", "
                        + Machine.decimal(whole.latency.millis(0.99), 2));
        report.note(
                "first chunk p50, p99, ms",
                Machine.decimal(open.first.millis(0.5), 2)
                        + ", "
                        + Machine.decimal(open.first.millis(0.99), 2));
        report.headline(
                "%d streams open beside %.0f requests/s for %d s: %d broken answers, %.0f MiB at most"
                        .formatted(
                                streams, whole.rate(), seconds, open.broken + whole.broken, most));
    }

    /// What the mean of the last third is above that of the middle one; the first is warm-up.
    static double growth(List<Double> values) {
        int third = values.size() / 3;
        return mean(values, 2 * third, values.size()) - mean(values, third, 2 * third);
    }

    private static double mean(List<Double> values, int from, int to) {
        return values.subList(from, to).stream()
                .mapToDouble(Double::doubleValue)
                .average()
                .orElse(0);
    }
}
