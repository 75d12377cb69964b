package mooring.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A warm `./mooring up --detach`, from the command to its return with everything ready.
@Command(
        name = "start",
        mixinStandardHelpOptions = true,
        description = "warm ./mooring up --detach to ready, engine included")
final class Start extends Measurement {

    private static final int BAR_RUNS = 5;
    private static final double BAR_SECONDS = 4;
    private static final long COMMAND_SECONDS = 300;

    @Option(names = "--runs", description = "how often (default: ${DEFAULT-VALUE})")
    private int runs = BAR_RUNS;

    @Override
    boolean fullSize() {
        return runs >= BAR_RUNS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException {
        double[] taken = new double[runs];
        double[] bare = new double[runs];
        // The first start builds, installs and rehearses what is missing, and makes the store.
        upAndDown(bench);
        for (int run = 0; run < runs; run++) {
            bare[run] = JvmStart.seconds();
            taken[run] = upAndDown(bench);
            bench.say(
                    "start: ready after %s, a bare JVM %s"
                            .formatted(Machine.seconds(taken[run]), Machine.seconds(bare[run])));
        }
        double median = Machine.median(taken);
        Report report = new Report("%d warm starts".formatted(runs));
        report.timedLine(
                "./mooring up --detach, median",
                Machine.seconds(median),
                "≤ " + Machine.seconds(BAR_SECONDS),
                median <= BAR_SECONDS);
        report.note("the same, slowest", Machine.seconds(Machine.max(taken)));
        report.note("control: bare JVM start, median", Machine.seconds(Machine.median(bare)));
        report.headline(
                "%s, median of %d (slowest %s; bare JVM %s)"
                        .formatted(
                                Machine.seconds(median),
                                runs,
                                Machine.seconds(Machine.max(taken)),
                                Machine.seconds(Machine.median(bare))));
        return report;
    }

    private static double upAndDown(Workbench bench) throws IOException, InterruptedException {
        Path data = bench.folder().resolve("data");
        String launcher = bench.project().launcher().toString();
        List<String> up =
                List.of(
                        launcher,
                        "up",
                        "--detach",
                        "--data-dir",
                        data.toString(),
                        "--port",
                        freePort(),
                        "--admin-port",
                        "0");
        long start = System.nanoTime();
        try {
            run(bench, up);
            return Machine.secondsSince(start);
        } finally {
            run(bench, List.of(launcher, "down", "--data-dir", data.toString()));
        }
    }

    private static void run(Workbench bench, List<String> command)
            throws IOException, InterruptedException {
        Path log = bench.folder().resolve("launcher.log");
        Process process = bench.start(command, log);
        if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + ": " + Files.readString(log).strip());
        }
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return String.valueOf(socket.getLocalPort());
        }
    }
}
