package mooring.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Restarts servers under the eyes of callers who do not ask twice: two that share a port, each in
/// turn, and one alone whose successor takes over.
@Command(
        name = "rolling-restart",
        mixinStandardHelpOptions = true,
        description =
                "restarts under load: no request fails, no stream is cut, each is billed once")
final class RollingRestart extends Measurement {

    private static final int BAR_RESTARTS = 10;
    private static final int BAR_CLIENTS = 16;
    private static final int CUSTOMERS = 3;
    private static final int PROCESSES = 2;
    private static final String CREDIT = "1000000";
    private static final Duration ANSWER = Duration.ofSeconds(90);
    private static final Duration AT_REST = Duration.ofSeconds(30);

    /// So many answers come between two restarts at least.
    private static final int ANSWERS_BETWEEN = 200;

    private static final Duration WARM = Duration.ofSeconds(60);

    @Option(
            names = "--restarts",
            description = "of the two in turn, and of the one alone (default: ${DEFAULT-VALUE})")
    private int restarts = BAR_RESTARTS;

    @Option(
            names = "--clients",
            description =
                    "that keep connections, as many that do not, and half as many streams"
                            + " (default: ${DEFAULT-VALUE})")
    private int clients = BAR_CLIENTS;

    private final List<Double> waits = new ArrayList<>();
    private long answered;
    private long streamed;

    @Override
    boolean fullSize() {
        return restarts >= BAR_RESTARTS && clients >= BAR_CLIENTS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException, SQLException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        Path data = bench.folder().resolve("data");
        ServerInstance alone = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
        Billing.Sums sums =
                new Billing.Sums(new BigDecimal(CREDIT), Machine.instant().minusSeconds(1));
        List<Operator.Customer> customers = new ArrayList<>();
        for (int i = 0; i < CUSTOMERS; i++) {
            customers.add(alone.operator().createCustomer("Customer " + i, CREDIT));
        }
        Report report =
                new Report(
                        "%d restarts of two on one port, %d of one alone; %d clients, %d streams"
                                .formatted(restarts, restarts, 2 * clients, clients / 2));
        Billing billing = new Billing(report);
        Report.Tally whole = report.tally("each request is answered, at its first attempt");
        Report.Tally uncut = report.tally("no stream is cut");
        Report.Tally rest = report.tally("nothing set aside is left");

        List<Got> got = new ArrayList<>();
        got.addAll(inTurn(bench, alone, offer, customers, report, whole, uncut));
        ServerInstance[] last = {alone};
        got.addAll(inPlace(bench, last, offer, customers, report, whole, uncut));
        try (Connection database = last[0].database().connect()) {
            long start = System.nanoTime();
            String open = Billing.open(database);
            while (!open.isEmpty() && System.nanoTime() - start < AT_REST.toNanos()) {
                Thread.sleep(50);
                open = Billing.open(database);
            }
            rest.expect(open.isEmpty(), open);
            billing.answers(database, got);
            billing.books(database, last[0].operator(), customers, sums);
        }
        last[0].stop();
        report.note("answers, of them streams", answered + ", " + streamed);
        report.headline(
                "%d restarts of two in turn and %d of one alone: %d answers, %d of them streams, none failed or cut; longest wait %s and %s"
                        .formatted(
                                restarts,
                                restarts,
                                answered,
                                streamed,
                                Machine.seconds(waits.getFirst()),
                                Machine.seconds(waits.getLast())));
        return report;
    }

    /// Two servers share a port and a database; each stops and starts while the other works.
    private List<Got> inTurn(
            Workbench bench,
            ServerInstance keeper,
            Simulator.Offer offer,
            List<Operator.Customer> customers,
            Report report,
            Report.Tally whole,
            Report.Tally uncut)
            throws IOException, InterruptedException {
        int port = freePort();
        ServerInstance[] servers = new ServerInstance[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            Path folder = bench.folder().resolve("gateway-" + i);
            Files.createDirectories(folder);
            Files.copy(
                    keeper.dataDir().resolve("master.key"),
                    folder.resolve("master.key"),
                    StandardCopyOption.COPY_ATTRIBUTES);
            servers[i] = gateway(bench, folder, port, keeper, offer);
        }
        ChatClient client = new ChatClient(servers[0].baseUrl(), ANSWER);
        try (Callers callers = new Callers(client, customers, "two", counts())) {
            for (int i = 0; i < restarts; i++) {
                awaitAnswers(callers);
                int which = i % PROCESSES;
                Path folder = servers[which].dataDir();
                servers[which].stop();
                servers[which] = gateway(bench, folder, port, keeper, offer);
                bench.say("in turn: restart %d of %d".formatted(i + 1, restarts));
            }
            awaitAnswers(callers);
            List<Got> got = finish(callers, "in turn", report, whole, uncut);
            for (ServerInstance server : servers) {
                server.stop();
            }
            return got;
        }
    }

    private static ServerInstance gateway(
            Workbench bench, Path folder, int port, ServerInstance keeper, Simulator.Offer offer)
            throws IOException, InterruptedException {
        return ServerInstance.start(
                bench,
                folder,
                port,
                offer.catalog(),
                offer.prices(),
                List.of("--share-port", "--database-url", keeper.database().url()));
    }

    /// One server with everything in its folder; its successor starts beside it.
    ///
    /// @param server the one that runs, before and after
    private List<Got> inPlace(
            Workbench bench,
            ServerInstance[] server,
            Simulator.Offer offer,
            List<Operator.Customer> customers,
            Report report,
            Report.Tally whole,
            Report.Tally uncut)
            throws IOException, InterruptedException {
        int port = server[0].baseUrl().getPort();
        ChatClient client = new ChatClient(server[0].baseUrl(), ANSWER);
        try (Callers callers = new Callers(client, customers, "one", counts())) {
            for (int i = 0; i < restarts; i++) {
                awaitAnswers(callers);
                ServerInstance before = server[0];
                server[0] =
                        ServerInstance.start(
                                bench,
                                before.dataDir(),
                                port,
                                offer.catalog(),
                                offer.prices(),
                                List.of("--take-over"));
                before.awaitEnd();
                bench.say("in place: restart %d of %d".formatted(i + 1, restarts));
            }
            awaitAnswers(callers);
            return finish(callers, "in place", report, whole, uncut);
        }
    }

    private Callers.Counts counts() {
        return new Callers.Counts(clients, clients, Math.max(1, clients / 2));
    }

    private static void awaitAnswers(Callers callers) throws InterruptedException {
        int before = callers.answers();
        Machine.await(
                "answers between restarts",
                WARM,
                () -> callers.answers() - before >= ANSWERS_BETWEEN);
    }

    private List<Got> finish(
            Callers callers, String what, Report report, Report.Tally whole, Report.Tally uncut) {
        List<Got> got = callers.finish();
        for (Got each : got) {
            whole.expect(each.delivered(), each.toString());
            if (each.begun()) {
                uncut.expect(each.delivered(), each.toString());
            }
        }
        answered += got.size();
        streamed += callers.streams();
        waits.add(callers.longestSeconds());
        report.note(what + ": requests on a kept connection", Long.toString(callers.reused()));
        report.note(what + ": longest wait", Machine.seconds(callers.longestSeconds()));
        return got;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
