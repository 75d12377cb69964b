package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Three nodes and 64 threads on one wallet, down to the last of its money; and a node that never
/// comes back.
@Command(
        name = "nodes",
        mixinStandardHelpOptions = true,
        description = "one wallet on three nodes: spent to the end, never beyond")
final class Nodes extends Measurement {

    private static final int BAR_REQUESTS = 1_000;
    private static final int BAR_SECONDS = 10;
    private static final double BAR_SPENT = 0.99;
    private static final double BAR_FROZEN_SECONDS = 5;
    private static final double NANOS = 1e9;

    @Option(names = "--requests", description = "of money (default: ${DEFAULT-VALUE})")
    private int requests = BAR_REQUESTS;

    @Option(
            names = "--seconds",
            description = "of spending before a node vanishes (default: ${DEFAULT-VALUE})")
    private int seconds = BAR_SECONDS;

    @Override
    boolean fullSize() {
        return requests >= BAR_REQUESTS && seconds >= BAR_SECONDS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        JsonNode found =
                BesideServer.run(
                        bench,
                        NodesWork.class,
                        bench.folder().toString(),
                        Integer.toString(requests),
                        Integer.toString(seconds));
        bench.say("found: " + found);
        Report report = new Report("64 threads, 3 nodes, PostgreSQL with fsync on");
        JsonNode known = found.path("known");
        JsonNode actual = found.path("actual");
        JsonNode gone = found.path("vanished");
        Report.Tally whole =
                report.tally("spent = credit − wallet, nothing held, the books verify");
        for (JsonNode run : List.of(known, actual)) {
            whole.expectEqual(
                    "wallet",
                    run.path("posted").asLong(),
                    run.path("credit").asLong() - run.path("spent").asLong());
            whole.expect(run.path("posted").asLong() >= 0, "below the floor: " + run);
            whole.expectEqual("held", run.path("held").asLong(), 0L);
            long unavailable = run.path("unavailable").asLong();
            report.timedLine(
                    "told that PostgreSQL did not lease in time",
                    Long.toString(unavailable),
                    "0",
                    unavailable == 0);
        }
        whole.expectEqual("violations", found.path("violations").asLong(), 0L);
        report.line(
                "cost known beforehand: served",
                known.path("served").asText(),
                "exactly " + requests,
                known.path("served").asLong() == requests);
        double spent = actual.path("spent").asDouble() / actual.path("credit").asDouble();
        report.line(
                "cost 10–100 % of the hold: spent",
                Machine.decimal(100 * spent, 2) + " %", "≥ 99 %", spent >= BAR_SPENT);
        double frozen = gone.path("frozen").asDouble() / gone.path("spentPerSecond").asDouble();
        report.timedLine(
                "frozen by a node that vanishes, in spend of its wallet",
                Machine.seconds(frozen),
                "≤ " + Machine.seconds(BAR_FROZEN_SECONDS),
                frozen <= BAR_FROZEN_SECONDS);
        Report.Tally lost = report.tally("giving it up names it and what it had");
        lost.expectEqual("node", gone.path("named"), gone.path("node"));
        lost.expectEqual("unbilled", gone.path("unbilled").asLong(), gone.path("lease").asLong());
        lost.expectEqual("left in its leases", gone.path("left").asLong(), 0L);
        report.note(
                "frozen, and spent a second",
                String.format(
                        Locale.ROOT,
                        "%.4f, %.4f",
                        gone.path("frozen").asDouble() / NANOS,
                        gone.path("spentPerSecond").asDouble() / NANOS));
        report.note(
                "served with lesser cost, took",
                actual.path("served").asText()
                        + ", "
                        + Machine.seconds(actual.path("seconds").asDouble()));
        report.headline(
                "%s of %d served; with lesser cost %s %% spent; a vanished node froze %s of spend"
                        .formatted(
                                known.path("served").asText(),
                                requests,
                                Machine.decimal(100 * spent, 2),
                                Machine.seconds(frozen)));
        return report;
    }
}
