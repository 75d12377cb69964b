package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What it costs to book a settled request, over many wallets and on one.
@Command(
        name = "settle",
        mixinStandardHelpOptions = true,
        description = "6,000 settlements a second over 10,000 wallets, and on one")
final class Settle extends Measurement {

    private static final int BAR_WALLETS = 10_000;
    private static final int BAR_SECONDS = 15;
    private static final double BAR_RATE = 6_000;
    private static final double BAR_JAVA_MICROS = 6;
    private static final double BAR_POSTGRES_MICROS = 10;

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
                        SettleWork.class,
                        bench.folder().resolve("postgres").toString(),
                        Integer.toString(wallets),
                        Integer.toString(seconds));
        bench.say("booked: " + found);
        Report report =
                new Report("batches of 2,000 into PostgreSQL on the same machine, fsync on");
        Report.Tally books = report.tally("each is booked once, and the books verify");
        for (String run : List.of("many", "one")) {
            JsonNode figures = found.path(run);
            String where = run.equals("one") ? "one wallet" : wallets + " wallets";
            double rate = figures.path("rate").asDouble();
            double java = figures.path("javaMicros").asDouble();
            double postgres = figures.path("postgresMicros").asDouble();
            books.expectEqual(
                    where, figures.path("booked").asLong(), figures.path("sent").asLong());
            report.timedLine(
                    "settlements a second, " + where,
                    Machine.decimal(rate, 0),
                    "≥ " + Machine.decimal(BAR_RATE, 0),
                    rate >= BAR_RATE);
            report.timedLine(
                    "processor's time for each, ours, " + where,
                    Machine.decimal(java, 1) + " µs",
                    "≤ " + Machine.decimal(BAR_JAVA_MICROS, 0) + " µs",
                    java <= BAR_JAVA_MICROS);
            report.timedLine(
                    "processor's time for each, PostgreSQL's, " + where,
                    Machine.decimal(postgres, 1) + " µs",
                    "≤ " + Machine.decimal(BAR_POSTGRES_MICROS, 0) + " µs",
                    postgres <= BAR_POSTGRES_MICROS);
        }
        books.expectEqual("violations", found.path("violations").asLong(), 0L);
        report.headline(
                String.format(
                        Locale.ROOT,
                        "%d wallets: %s; one wallet: %s",
                        wallets,
                        headline(found.path("many")),
                        headline(found.path("one"))));
        return report;
    }

    private static String headline(JsonNode figures) {
        return String.format(
                Locale.ROOT,
                "%.0f/s at %.1f + %.1f µs",
                figures.path("rate").asDouble(),
                figures.path("javaMicros").asDouble(),
                figures.path("postgresMicros").asDouble());
    }
}
