package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Holding, writing down and booking, with journal and PostgreSQL on this machine: how many a
/// second, what each costs, and how long an admission waits for it.
@Command(
        name = "hot-path",
        mixinStandardHelpOptions = true,
        description = "6,000 requests' money a second, at 30 µs of processor's time each")
final class HotPath extends Measurement {

    private static final int BAR_WALLETS = 10_000;
    private static final int BAR_SECONDS = 20;
    private static final double BAR_RATE = 6_000;
    private static final double BAR_MICROS = 30;
    private static final double BAR_WARM_MILLIS = 2;
    private static final double BAR_COLD_MILLIS = 15;

    /// The parts of a request's cost; the generators' making of records is none.
    private static final Map<String, String> PARTS =
            Map.of(
                    "leases", "leasesMicros",
                    "journal, append", "appendMicros",
                    "journal, sync", "syncMicros",
                    "drain", "drainMicros",
                    "PostgreSQL", "postgresMicros",
                    "garbage collector, compiler, timers", "restMicros");

    @Option(names = "--wallets", description = "how many (default: ${DEFAULT-VALUE})")
    private int wallets = BAR_WALLETS;

    @Option(names = "--seconds", description = "for each run (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Override
    boolean fullSize() {
        return wallets >= BAR_WALLETS && seconds >= BAR_SECONDS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        JsonNode found =
                BesideServer.run(
                        bench,
                        HotPathWork.class,
                        bench.folder().toString(),
                        Integer.toString(wallets),
                        Integer.toString(seconds));
        bench.say("found: " + found);
        Report report =
                new Report("journal on disk and PostgreSQL, fsync on, all on the same cores");
        Report.Tally whole = report.tally("each is granted and booked once, and the books verify");
        whole.expectEqual("booked", found.path("booked").asLong(), found.path("sent").asLong());
        whole.expectEqual("refused", found.path("refused").asLong(), 0L);
        whole.expectEqual("not settled", found.path("unsettled").asLong(), 0L);
        whole.expectEqual("violations", found.path("violations").asLong(), 0L);
        long late = found.path("unavailable").asLong();
        report.timedLine(
                "told that PostgreSQL did not lease in time", Long.toString(late), "0", late == 0);
        for (String run : List.of("many", "one")) {
            lines(report, found.path(run), run.equals("one") ? "one wallet" : wallets + " wallets");
        }
        latency(report, "leases warm", found.path("warm"), BAR_WARM_MILLIS);
        latency(report, "each of a wallet never used", found.path("cold"), BAR_COLD_MILLIS);
        report.note(
                "control: a plain file's fdatasync, median, p99",
                millis(found.at("/control/P50")) + ", " + millis(found.at("/control/P99")));
        report.headline(
                String.format(
                        Locale.ROOT,
                        "%d wallets: %s; one wallet: %s; admission p99 %s warm, %s cold at 2,000/s",
                        wallets,
                        headline(found.path("many")),
                        headline(found.path("one")),
                        millis(found.at("/warm/P99")),
                        millis(found.at("/cold/P99"))));
        return report;
    }

    private static void lines(Report report, JsonNode figures, String where) {
        double rate = figures.path("rate").asDouble();
        double micros = micros(figures);
        report.timedLine(
                "held, written down and booked a second, " + where,
                Machine.decimal(rate, 0),
                "≥ " + Machine.decimal(BAR_RATE, 0),
                rate >= BAR_RATE);
        report.timedLine(
                "processor's time for each, " + where,
                Machine.decimal(micros, 1) + " µs",
                "≤ " + Machine.decimal(BAR_MICROS, 0) + " µs",
                micros <= BAR_MICROS);
        report.note(
                "  of them waited for PostgreSQL to lease",
                Machine.decimal(100 * figures.path("waited").asDouble(), 2) + " %");
        PARTS.keySet().stream()
                .sorted()
                .forEach(
                        part ->
                                report.note(
                                        "  of it " + part,
                                        Machine.decimal(figures.path(PARTS.get(part)).asDouble(), 1)
                                                + " µs"));
    }

    private static void latency(Report report, String what, JsonNode figures, double bar) {
        double p99 = figures.path("P99").asDouble();
        report.timedLine(
                "admission at 2,000/s, p99, " + what,
                millis(figures.path("P99")),
                "≤ " + Machine.decimal(bar, 0) + " ms",
                p99 <= bar);
        report.note(
                "  median, longest",
                millis(figures.path("P50")) + ", " + millis(figures.path("Max")));
        report.note(
                "  until its record is on the disk, median, p99",
                millis(figures.path("durableP50")) + ", " + millis(figures.path("durableP99")));
    }

    private static double micros(JsonNode figures) {
        return PARTS.values().stream().mapToDouble(part -> figures.path(part).asDouble()).sum();
    }

    private static String headline(JsonNode figures) {
        return String.format(
                Locale.ROOT, "%.0f/s at %.1f µs", figures.path("rate").asDouble(), micros(figures));
    }

    private static String millis(JsonNode value) {
        return Machine.decimal(value.asDouble(), 2) + " ms";
    }
}
