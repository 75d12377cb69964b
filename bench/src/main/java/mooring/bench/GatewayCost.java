package mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import mooring.bench.SideBySide.Cost;
import mooring.bench.SideBySide.Way;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What the gateway costs a request and a streamed chunk, against nginx as a bare proxy to the same
/// engine: interleaved rounds, every answer checked.
@Command(
        name = "gateway",
        mixinStandardHelpOptions = true,
        description = {
            "CPU a request and a chunk against nginx as a bare proxy, everything on, in rounds of",
            "one run; added latency on one connection; every answer checked"
        })
final class GatewayCost extends Measurement {

    private static final int BAR_ROUNDS = 3;
    private static final int BAR_SECONDS = 10;
    private static final int BAR_STREAMS = 500;
    private static final int SATURATED = 64;
    private static final int RATE_CONNECTIONS = 256;
    private static final int RATE = 6_000;
    private static final int STREAM_TOKENS = 100;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final double MICROS = 1e6;
    private static final int WARM_UP_RUNS = 12;

    /// Of a run's cost to the least before it: cheaper than that, and the JIT was still at work.
    private static final double WARM = 0.97;

    /// Runs in a row that were not cheaper, from which on it counts as warm.
    private static final int WARM_RUNS = 2;

    private static final double BAR_SATURATED = 3;
    private static final double BAR_SATURATED_ALL = 4;
    private static final double BAR_RATE = 3;
    private static final double BAR_RATE_ALL = 3.5;
    private static final double BAR_ADDED_MILLIS = 0.5;
    private static final double BAR_CHUNK = 2.5;
    private static final double BAR_FIRST_P50_MILLIS = 1;
    private static final double BAR_FIRST_P99_MILLIS = 10;

    static final String WHOLE =
            "{\"model\":\"stub\",\"messages\":[{\"role\":\"system\",\"content\":\"You answer in"
                    + " one sentence.\"},{\"role\":\"user\",\"content\":\"What does a hop"
                    + " cost?\"}],\"temperature\":0.7,\"max_tokens\":256}";
    static final String STREAM =
            "{\"model\":\"stub\",\"messages\":[{\"role\":\"user\",\"content\":\"paced\"}],"
                    + "\"max_tokens\":256,\"stream\":true,"
                    + "\"stream_options\":{\"include_usage\":true}}";

    @Option(names = "--rounds", description = "of each load (default: ${DEFAULT-VALUE})")
    private int rounds = BAR_ROUNDS;

    @Option(names = "--seconds", description = "for each run (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Option(names = "--organizations", description = "with a key each (default: ${DEFAULT-VALUE})")
    private int organizations = 200;

    @Option(names = "--streams", description = "open at once (default: ${DEFAULT-VALUE})")
    private int streams = BAR_STREAMS;

    @Option(names = "--rate", description = "requests a second offered (default: ${DEFAULT-VALUE})")
    private int rate = RATE;

    @Option(
            names = "--only",
            split = ",",
            description = "of saturated, rate, one, streams (default: all)")
    private @Nullable List<String> only;

    @Option(
            names = "--other",
            description = "NAME=URL of another gateway before an engine of its own")
    private @Nullable Map<String, URI> others;

    @Option(names = "--without-nginx", description = "compare with the engine alone")
    private boolean withoutNginx;

    @Option(names = "--html", description = "where the report with plots goes")
    private @Nullable Path html;

    @Override
    boolean fullSize() {
        return rounds >= BAR_ROUNDS
                && seconds >= BAR_SECONDS
                && streams >= BAR_STREAMS
                && rate >= RATE
                && only == null
                && !withoutNginx;
    }

    /// How requests are offered in one part of the run.
    private enum Offer {
        SATURATED,
        RATE,
        ONE,
        STREAMS
    }

    /// The medians of a way's rounds under one load.
    private record Found(
            double program,
            double database,
            double rate,
            double p50,
            double p99,
            double firstP50,
            double firstP99) {}

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Report report =
                new Report(
                        "%d rounds of %d s each; gateway with %d organizations, limits, budgets,"
                                        .formatted(rounds, seconds, organizations)
                                + " journal and PostgreSQL; load and engine on the same cores");
        Report.Tally right = report.tally("every answer has its text, counts, id and end");
        Plots plots = new Plots("Gateway against nginx", Machine.now());
        try (SideBySide sides =
                new SideBySide(bench, organizations, STREAM_TOKENS, PACE, !withoutNginx, others)) {
            List<String> headline = new ArrayList<>();
            for (Offer offer : Offer.values()) {
                if (only == null || only.contains(offer.name().toLowerCase(Locale.ROOT))) {
                    for (Way way : sides.ways()) {
                        warmUp(bench, way, offer, right);
                    }
                    Map<String, Found> found = rounds(bench, sides, offer, right, plots);
                    headline.add(lines(report, offer, found));
                }
            }
            report.note(
                    "resident memory, mooring, MiB",
                    Machine.decimal(sides.way(SideBySide.MOORING).residentMebibytes(), 0));
            report.headline(String.join("; ", headline));
            sides.server().stop();
        }
        Path page = html;
        if (page == null) {
            page = bench.project().home().resolve("bench/target/gateway.html");
        }
        Files.writeString(page, plots.page(report.text("gateway")));
        bench.say("Report with plots: " + page);
        return report;
    }

    /// Until a request costs no less than before: a JIT works for half a minute at each new load,
    /// and its work is no request's.
    private void warmUp(Workbench bench, Way way, Offer offer, Report.Tally right)
            throws IOException {
        double least = Double.MAX_VALUE;
        int warm = 0;
        for (int i = 0; i < WARM_UP_RUNS && warm < WARM_RUNS; i++) {
            Run run = run(way, offer, seconds, right);
            double micros = run.micros(run.cost.program() + run.cost.database());
            bench.say("warming up " + way.name() + ", " + offer + ": " + run.text());
            // Only of what is measured it is known how warm it is; nginx has no JIT.
            warm = micros < least * WARM && way.database() != 0 ? 0 : warm + 1;
            least = Math.min(least, micros);
        }
    }

    private Map<String, Found> rounds(
            Workbench bench, SideBySide sides, Offer offer, Report.Tally right, Plots plots)
            throws IOException {
        Map<String, List<Run>> runs = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            List<Way> ways = round % 2 == 0 ? sides.ways() : sides.ways().reversed();
            for (Way way : ways) {
                Run run = run(way, offer, seconds, right);
                runs.computeIfAbsent(way.name(), _ -> new ArrayList<>()).add(run);
                bench.say(offer + " " + way.name() + ": " + run.text());
            }
        }
        Map<String, Found> found = new LinkedHashMap<>();
        for (Way way : sides.ways()) {
            found.put(way.name(), medians(runs.getOrDefault(way.name(), List.of())));
        }
        plots.bars(
                offer
                        + ": processor's time for each "
                        + (offer == Offer.STREAMS ? "chunk" : "request")
                        + ", µs",
                found,
                f -> f.program,
                f -> f.database);
        plots.bars(
                offer + ": latency p50 and from there to p99, ms",
                found,
                f -> f.p50,
                f -> f.p99 - f.p50);
        return found;
    }

    /// @param each what the cost is divided by: requests, or chunks of streams
    private record Run(LoadGenerator.Result result, Cost cost, long each) {
        String text() {
            return String.format(
                    Locale.ROOT,
                    "%.0f answers/s, %.1f + %.1f µs, p50 %.2f p99 %.2f ms, first p50 %.2f p99 %.2f",
                    result.rate(),
                    micros(cost.program()),
                    micros(cost.database()),
                    result.latency.millis(0.5),
                    result.latency.millis(0.99),
                    result.first.millis(0.5),
                    result.first.millis(0.99));
        }

        double micros(double seconds) {
            return seconds / each * MICROS;
        }
    }

    private Run run(Way way, Offer offer, double lasting, Report.Tally right) throws IOException {
        boolean streamed = offer == Offer.STREAMS;
        AnswerCheck check = streamed ? AnswerCheck.stream(STREAM_TOKENS) : AnswerCheck.whole();
        int connections =
                switch (offer) {
                    case SATURATED -> SATURATED;
                    case RATE -> RATE_CONNECTIONS;
                    case ONE -> 1;
                    case STREAMS -> streams + streams / 10;
                };
        List<byte[]> requests = way.requests(streamed ? STREAM : WHOLE);
        try (LoadGenerator load = new LoadGenerator(way.url(), connections, requests, check)) {
            // Connections and pools open before it counts.
            if (streamed) {
                load.open(0.5, streamRate());
            } else {
                load.closed(0.3);
            }
            Cost before = way.cost();
            LoadGenerator.Result result =
                    switch (offer) {
                        case SATURATED, ONE -> load.closed(lasting);
                        case RATE -> load.open(lasting, rate);
                        case STREAMS -> load.open(lasting, streamRate());
                    };
            settle(way);
            Cost cost = way.cost().since(before);
            right.expect(result.broken == 0, way.name() + ": " + result.examples);
            right.expect(result.answers > 0, way.name() + ": no answer");
            return new Run(result, cost, Math.max(1, streamed ? result.chunks : result.answers));
        }
    }

    /// Starts of streams a second, spread evenly, that keep so many open.
    private double streamRate() {
        return streams / (STREAM_TOKENS * PACE.toNanos() / 1e9);
    }

    /// What is booked a moment later belongs to the requests that it is for.
    private static void settle(Way way) {
        if (way.database() != 0) {
            try {
                Thread.sleep(300);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static Found medians(List<Run> runs) {
        return new Found(
                median(runs, run -> run.micros(run.cost.program())),
                median(runs, run -> run.micros(run.cost.database())),
                median(runs, run -> run.result.rate()),
                median(runs, run -> run.result.latency.millis(0.5)),
                median(runs, run -> run.result.latency.millis(0.99)),
                median(runs, run -> run.result.first.millis(0.5)),
                median(runs, run -> run.result.first.millis(0.99)));
    }

    private static double median(List<Run> runs, java.util.function.ToDoubleFunction<Run> figure) {
        return Machine.median(runs.stream().mapToDouble(figure).toArray());
    }

    private String lines(Report report, Offer offer, Map<String, Found> all) {
        Found own = found(all, SideBySide.MOORING);
        String what = offer.name().toLowerCase(Locale.ROOT);
        all.forEach(
                (name, found) ->
                        report.note(
                                what + ", " + name,
                                String.format(
                                        Locale.ROOT,
                                        "%.1f + %.1f µs, %.0f/s, p50 %.2f, p99 %.2f ms",
                                        found.program,
                                        found.database,
                                        found.rate,
                                        found.p50,
                                        found.p99)));
        Found nginx = all.get(SideBySide.NGINX);
        if (nginx == null) {
            return what + " without nginx";
        }
        double server = own.program / nginx.program;
        double with = (own.program + own.database) / nginx.program;
        return switch (offer) {
            case SATURATED -> {
                ratio(
                        report,
                        "64 connections, CPU a request, server ÷ nginx",
                        server,
                        BAR_SATURATED);
                ratio(report, "  with PostgreSQL", with, BAR_SATURATED_ALL);
                yield "64 connections %.2f × nginx, with PostgreSQL %.2f ×".formatted(server, with);
            }
            case RATE -> {
                ratio(report, rate + "/s, CPU a request, server ÷ nginx", server, BAR_RATE);
                ratio(report, "  with PostgreSQL", with, BAR_RATE_ALL);
                yield "%d/s %.2f × and %.2f ×".formatted(rate, server, with);
            }
            case ONE -> {
                double added = own.p50 - found(all, SideBySide.DIRECT).p50;
                millis(report, "added on one connection, p50", added, BAR_ADDED_MILLIS);
                yield "one connection +%.2f ms".formatted(added);
            }
            case STREAMS -> {
                ratio(report, "CPU a chunk of paced streams, server ÷ nginx", server, BAR_CHUNK);
                double p50 = own.firstP50 - nginx.firstP50;
                double p99 = own.firstP99 - nginx.firstP99;
                millis(
                        report,
                        "time to the first chunk over nginx, p50",
                        p50,
                        BAR_FIRST_P50_MILLIS);
                millis(
                        report,
                        "time to the first chunk over nginx, p99",
                        p99,
                        BAR_FIRST_P99_MILLIS);
                yield "%d streams %.2f × a chunk, first chunk +%.2f ms p50, +%.2f ms p99"
                        .formatted(streams, server, p50, p99);
            }
        };
    }

    private static Found found(Map<String, Found> all, String name) {
        return java.util.Objects.requireNonNull(all.get(name));
    }

    private static void ratio(Report report, String what, double found, double bar) {
        report.timedLine(what, Machine.decimal(found, 2) + " ×", "≤ " + bar + " ×", found <= bar);
    }

    private static void millis(Report report, String what, double found, double bar) {
        report.timedLine(what, Machine.decimal(found, 2) + " ms", "≤ " + bar + " ms", found <= bar);
    }
}
