package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// What limits let through at twice the demand, on one node and on three that share a Redis, by the
/// server's own classes and a clock that is moved.
@Command(
        name = "limits",
        mixinStandardHelpOptions = true,
        description = "limits at twice the demand, 1 and 3 nodes with Redis, in simulated time")
final class LimitsHeld extends Measurement {

    private static final String PROGRAM = "mooring.limits.redis.LimitsRun";
    private static final List<String> SOURCES =
            List.of(
                    "mooring/limits/Accepted.java",
                    "mooring/limits/SteppedClock.java",
                    "mooring/limits/redis/Cluster.java",
                    "mooring/limits/redis/LimitsRun.java",
                    "mooring/testing/TestRedis.java");
    private static final int BAR_MINUTES = 10;
    private static final double BAR_SHARE = 0.99;
    private static final long EXACT_BELOW = 100;
    private static final Duration DEADLINE = Duration.ofMinutes(30);

    @Option(names = "--minutes", description = "of simulated time (default: ${DEFAULT-VALUE})")
    private int minutes = BAR_MINUTES;

    @Option(names = "--seed", description = "of the arrivals (default: ${DEFAULT-VALUE})")
    private long seed = 1;

    @Override
    boolean fullSize() {
        return minutes >= BAR_MINUTES;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Path tests = bench.project().serverTests();
        Path classes = ServerTests.compile(bench, SOURCES.stream().map(tests::resolve).toList());
        Report report =
                new Report("%d minutes of simulated time at twice the limit".formatted(minutes));
        Report.Tally most = report.tally("accepted in any 60 s ≤ limit");
        Report.Tally share = report.tally("accepted in all ≥ 99 % of the limit");
        Report.Tally exact = report.tally("limits below 100 exactly");
        double least = 1;
        JsonNode found = run(bench, classes);
        for (JsonNode one : found) {
            long limit = one.path("limit").asLong();
            double part = one.path("accepted").asDouble() / one.path("allowed").asDouble();
            least = Math.min(least, part);
            most.expect(one.path("most").asLong() <= limit, one.toString());
            share.expect(part >= BAR_SHARE, one.toString());
            if (limit < EXACT_BELOW) {
                exact.expect(
                        one.path("most").asLong() == limit
                                && one.path("accepted").asLong() == one.path("allowed").asLong(),
                        one.toString());
            }
            report.note(
                    "%d node(s), %d %s a minute: in any minute, of all"
                            .formatted(one.path("nodes").asInt(), limit, one.path("what").asText()),
                    one.path("most").asText() + ", " + Machine.decimal(100 * part, 2) + " %");
        }
        report.headline(
                "%d limits on 1 and 3 nodes, %d min at 2 × demand: never above in any 60 s, at least %s %% of each"
                        .formatted(found.size(), minutes, Machine.decimal(100 * least, 2)));
        return report;
    }

    private JsonNode run(Workbench bench, Path classes) throws IOException, InterruptedException {
        Path log = bench.folder().resolve("limits.log");
        List<String> command = bench.java();
        command.addAll(
                List.of(
                        "-cp",
                        Stream.of(
                                        bench.project().serverJar().toString(),
                                        classes.toString(),
                                        System.getProperty("java.class.path"))
                                .reduce((one, other) -> one + File.pathSeparator + other)
                                .orElseThrow(),
                        PROGRAM,
                        Integer.toString(minutes),
                        Long.toString(seed)));
        // Our own class path may be relative to here.
        Path here = Path.of("").toAbsolutePath();
        int code = bench.run(command, here, Map.of(), log, DEADLINE);
        if (code != 0) {
            throw new IllegalStateException("ended with " + code + ": " + Files.readString(log));
        }
        return Json.read(Files.readAllLines(log).getLast());
    }
}
