package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Everything that counts tokens, crashed between any two steps by one seed after the other.
@Command(
        name = "crash",
        mixinStandardHelpOptions = true,
        description = "10,000,000 simulated requests, crashed at every point: none lost or doubled")
final class Crash extends Measurement {

    private static final String PROGRAM = "mooring.crash.CrashRun";

    /// What it is made of besides its own package: a disk in memory, and one that passes on.
    private static final List<String> DISKS =
            List.of("mooring/journal/MemoryStorage.java", "mooring/journal/ForwardingStorage.java");

    private static final int BAR_SEEDS = 10_000;
    private static final int BAR_REQUESTS = 1_000;
    private static final long BAR_TOTAL = 10_000_000;
    private static final int BAR_POSTGRES_SEEDS = 100;
    private static final int BAR_POSTGRES_REQUESTS = 200;
    private static final long TELL_EVERY_SECONDS = 10;
    private static final long HOURS = 12;

    @Option(names = "--seeds", description = "how many (default: ${DEFAULT-VALUE})")
    private int seeds = BAR_SEEDS;

    @Option(names = "--requests", description = "of each seed (default: ${DEFAULT-VALUE})")
    private int requests = BAR_REQUESTS;

    @Option(names = "--first", description = "the first seed (default: ${DEFAULT-VALUE})")
    private long first = 1;

    @Option(
            names = "--postgres-seeds",
            description = "how many on PostgreSQL too (default: ${DEFAULT-VALUE})")
    private int postgresSeeds = BAR_POSTGRES_SEEDS;

    @Option(
            names = "--postgres-requests",
            description = "of each seed there (default: ${DEFAULT-VALUE})")
    private int postgresRequests = BAR_POSTGRES_REQUESTS;

    @Override
    boolean fullSize() {
        return (long) seeds * requests >= BAR_TOTAL
                && postgresSeeds >= BAR_POSTGRES_SEEDS
                && postgresRequests >= BAR_POSTGRES_REQUESTS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        Path classes = compile(bench);
        Report report = new Report("the real journal, leases and rating; the store in memory");
        JsonNode memory = run(bench, classes, "crash", List.of(seeds, requests, first));
        long done = expect(report, "in memory", memory, (long) seeds * requests);
        String onPostgres = "";
        if (postgresSeeds > 0) {
            Path folder = Files.createDirectories(bench.folder().resolve("postgres"));
            JsonNode real =
                    run(
                            bench,
                            classes,
                            "crash-postgres",
                            List.of(postgresSeeds, postgresRequests, first, "NONE", folder));
            expect(report, "on PostgreSQL", real, (long) postgresSeeds * postgresRequests);
            onPostgres =
                    String.format(
                            Locale.ROOT,
                            "; %,d on PostgreSQL, %d times restarted at once, in the same state",
                            real.path("requests").asLong(),
                            real.path("restarts").asLong());
        }
        report.headline(
                String.format(
                        Locale.ROOT,
                        "%,d requests, %,d crashes, %d seeds failing; %,.0f requests/s%s",
                        done,
                        memory.path("crashes").asLong(),
                        memory.path("wrong").asLong(),
                        done / Math.max(0.001, memory.path("seconds").asDouble()),
                        onPostgres));
        return report;
    }

    private static long expect(Report report, String where, JsonNode found, long wanted) {
        report.tally(where + ": no seed finds a request lost, doubled or wrongly billed")
                .expectEqual("failing seeds", found.path("wrong").asLong(), 0L);
        long done = found.path("requests").asLong();
        report.tally(where + ": every seed was run").expectEqual("requests", done, wanted);
        return done;
    }

    private JsonNode run(Workbench bench, Path classes, String name, List<?> arguments)
            throws IOException, InterruptedException {
        Path log = bench.folder().resolve(name + ".log");
        List<String> command = bench.java();
        command.add("-cp");
        command.add(bench.project().serverJar() + File.pathSeparator + classes);
        command.add(PROGRAM);
        arguments.forEach(argument -> command.add(argument.toString()));
        Process process = bench.start(command, log);
        String told = "";
        for (long left = TimeUnit.HOURS.toSeconds(HOURS); left > 0; left -= TELL_EVERY_SECONDS) {
            if (process.waitFor(TELL_EVERY_SECONDS, TimeUnit.SECONDS)) {
                break;
            }
            List<String> lines = Files.readAllLines(log);
            if (!lines.isEmpty() && !lines.getLast().equals(told)) {
                told = lines.getLast();
                bench.say(told);
            }
        }
        List<String> lines = Files.readAllLines(log);
        if (process.isAlive() || process.exitValue() != 0) {
            throw new IllegalStateException(
                    "not done within %d hours, or failed: %s".formatted(HOURS, lines));
        }
        lines.subList(0, lines.size() - 1).stream()
                .filter(line -> line.contains("seed"))
                .forEach(bench::say);
        return Json.read(lines.getLast());
    }

    /// The simulator lies with the server's tests.
    private static Path compile(Workbench bench) throws IOException {
        List<Path> sources = new ArrayList<>();
        Path tests = bench.project().serverTests();
        DISKS.stream().map(tests::resolve).forEach(sources::add);
        try (Stream<Path> all = Files.list(tests.resolve("mooring/crash"))) {
            all.filter(source -> partOfProgram(source.toString())).sorted().forEach(sources::add);
        }
        return ServerTests.compile(bench, sources);
    }

    private static boolean partOfProgram(String source) {
        return source.endsWith(".java") && !source.endsWith("Test.java");
    }
}
