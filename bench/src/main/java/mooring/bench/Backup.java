package mooring.bench;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A backup under load and its restore: the same rows, the same sums, and what was settled after it
/// from the kept journal.
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = "a backup taken under load restores every settlement, to the nano unit")
final class Backup extends Measurement {

    private static final int BAR_SETTLEMENTS = 1_000_000;
    private static final int CALLERS = 4;
    private static final int REQUESTS_BEFORE = 20;
    private static final int REQUESTS_AFTER = 20;
    private static final int FETCH_ROWS = 10_000;

    /// A replay books in batches of its own: the booking's id, under which the transfers of a batch
    /// stand, is the one thing in which it may differ.
    private static final String ROWS =
            "SELECT request_id::text, (to_jsonb(s) - 'booking')::text FROM settlement s ORDER BY 1";

    private static final Duration ANSWER = Duration.ofMinutes(1);
    private static final Duration LONGEST = Duration.ofMinutes(30);

    @Option(names = "--settlements", description = "there beforehand (default: ${DEFAULT-VALUE})")
    private int settlements = BAR_SETTLEMENTS;

    @Override
    boolean fullSize() {
        return settlements >= BAR_SETTLEMENTS;
    }

    @Override
    Report measure(Workbench bench) throws IOException, InterruptedException, SQLException {
        Simulator simulator = Simulator.start(bench);
        Simulator.Offer offer = simulator.offer(bench, "", "");
        Path data = bench.folder().resolve("data");
        ServerInstance server = ServerInstance.start(bench, data, offer.catalog(), offer.prices());
        Operator.Customer customer = server.operator().createCustomer("bench", "1000");
        Report report = new Report("%,d settlements, %d callers".formatted(settlements, CALLERS));
        bench.say("Writing %,d settlements …".formatted(settlements));
        try (Connection database = server.database().connect()) {
            ManySettlements.write(database, settlements);
        }
        Load load = new Load(server, customer.key());
        load.until(REQUESTS_BEFORE);
        Set<String> before = settled(server);

        bench.say("Backing up …");
        Path file = bench.folder().resolve("backup.zip");
        int asked = load.answered();
        long start = System.nanoTime();
        take(server, file);
        double backupSeconds = seconds(start);
        int during = load.answered() - asked;
        load.until(load.answered() + REQUESTS_AFTER);
        load.stop();

        bench.say("Restoring …");
        Path restored = bench.folder().resolve("restored");
        // The journal is read while its node still has it, as after a lost database.
        Path journal = data.resolve("journal");
        boolean kept = Files.isDirectory(journal);
        start = System.nanoTime();
        int exitCode = restore(bench, file, restored, kept ? journal : null);
        double restoreSeconds = seconds(start);
        report.tally("restored, and its ledger verified")
                .expectEqual("exit code of restore", exitCode, 0);
        if (exitCode == 0) {
            ServerInstance again =
                    ServerInstance.start(bench, restored, offer.catalog(), offer.prices());
            compare(report, server, again, before, kept);
            again.stop();
        }
        report.note("backup", "%.1f s, %,d MB".formatted(backupSeconds, Files.size(file) >> 20));
        report.note("restore with checks and verification", "%.1f s".formatted(restoreSeconds));
        report.note("answers while the backup ran", Integer.toString(during));
        report.note("kept journal replayed", kept ? "yes" : "none is kept");
        report.headline(
                "%,d settlements under load: backup %.0f s, restore %.0f s, every sum equal to the nano"
                        .formatted(settlements, backupSeconds, restoreSeconds));
        server.stop();
        return report;
    }

    private static void take(ServerInstance server, Path file)
            throws IOException, InterruptedException {
        String key = Files.readString(server.dataDir().resolve("operator-key")).strip();
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<Path> answer =
                    http.send(
                            HttpRequest.newBuilder(server.baseUrl().resolve("/api/v1/backups"))
                                    .header("authorization", "Bearer " + key)
                                    .timeout(LONGEST)
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.ofFile(file));
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("backup: " + Files.readString(file));
            }
        }
    }

    private static int restore(Workbench bench, Path file, Path folder, @Nullable Path journal)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(bench.java());
        command.addAll(List.of("-jar", bench.project().serverJar().toString(), "restore"));
        command.addAll(List.of(file.toString(), "--data-dir", folder.toString()));
        if (journal != null) {
            command.addAll(List.of("--journal", journal.toString()));
        }
        Path log = bench.folder().resolve("restore-output.log");
        Process process = bench.start(command, log);
        if (!process.waitFor(LONGEST.toMinutes(), TimeUnit.MINUTES)) {
            throw new IllegalStateException(
                    "restore takes more than " + LONGEST.toMinutes() + " min");
        }
        if (process.exitValue() != 0) {
            bench.say(Files.readString(log));
        }
        return process.exitValue();
    }

    private static void compare(
            Report report,
            ServerInstance source,
            ServerInstance restored,
            Set<String> before,
            boolean all)
            throws IOException, SQLException {
        Report.Tally same = report.tally("a restored settlement is the original one");
        Report.Tally there = report.tally("a settlement from before the backup is there");
        Report.Tally sums = report.tally("sums are equal to the nano");
        long missing = 0;
        try (Connection a = source.database().connect();
                Connection b = restored.database().connect();
                Statement originals = rows(a);
                Statement copies = rows(b);
                ResultSet original = originals.executeQuery(ROWS);
                ResultSet copy = copies.executeQuery(ROWS)) {
            boolean more = copy.next();
            while (original.next()) {
                String id = original.getString(1);
                if (more && copy.getString(1).equals(id)) {
                    same.expectEqual(id, copy.getString(2), original.getString(2));
                    if (before.contains(id)) {
                        there.expect(true, id);
                    }
                    more = copy.next();
                } else {
                    missing++;
                    if (all || before.contains(id)) {
                        there.expect(false, id + ": not restored");
                    }
                }
            }
            same.expect(!more, "rows that the original does not have");
        }
        there.expect(
                before.size() >= REQUESTS_BEFORE,
                before.size() + " settled requests (expected: " + REQUESTS_BEFORE + " or more)");
        String many =
                "SELECT count(*) || ' rows, charge ' || sum(charge) || ', payable ' || sum(payable)"
                        + " || ', shortfall ' || sum(shortfall) || ', output ' || sum(output)"
                        + " FROM settlement WHERE node_id = '"
                        + ManySettlements.NODE
                        + "'";
        sums.expectEqual("settlements", text(restored, many), text(source, many));
        report.note("settled, and not in the restored books", Long.toString(missing));
    }

    private static Statement rows(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        Statement statement = connection.createStatement();
        statement.setFetchSize(FETCH_ROWS);
        return statement;
    }

    /// What is settled, once there is enough of it.
    private static Set<String> settled(ServerInstance server)
            throws IOException, SQLException, InterruptedException {
        long deadline = System.nanoTime() + ANSWER.toNanos();
        Set<String> settled = live(server);
        while (settled.size() < REQUESTS_BEFORE && System.nanoTime() < deadline) {
            Thread.sleep(20);
            settled = live(server);
        }
        return settled;
    }

    private static Set<String> live(ServerInstance server) throws IOException, SQLException {
        Set<String> ids = new HashSet<>();
        try (Connection database = server.database().connect();
                Statement statement = database.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "SELECT request_id::text FROM settlement WHERE node_id <> '"
                                        + ManySettlements.NODE
                                        + "'")) {
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
        }
        return ids;
    }

    private static String text(ServerInstance server, String sql) throws IOException, SQLException {
        try (Connection database = server.database().connect();
                Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static double seconds(long startNanos) {
        return (System.nanoTime() - startNanos) / 1e9;
    }

    /// Callers that ask one request after the other until they are told to stop.
    private static final class Load {
        private final AtomicBoolean over = new AtomicBoolean();
        private final AtomicInteger answered = new AtomicInteger();
        private final List<Thread> callers = new ArrayList<>();

        Load(ServerInstance server, String key) {
            for (int caller = 0; caller < CALLERS; caller++) {
                int number = caller;
                callers.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            ChatClient client =
                                                    new ChatClient(server.baseUrl(), ANSWER);
                                            for (int i = 0; !over.get(); i++) {
                                                ask(client, key, number + "-" + i);
                                            }
                                        }));
            }
        }

        private void ask(ChatClient client, String key, String label) {
            Order order =
                    Order.of(
                            label,
                            0,
                            Simulator.MODEL,
                            "hello",
                            true,
                            1,
                            new Order.Script(20, 0, 0),
                            new Leave.Never());
            Answer answer = client.ask(key, label, order.body(), order.leave());
            if (answer.delivered()) {
                answered.incrementAndGet();
            }
        }

        int answered() {
            return answered.get();
        }

        void until(int count) throws InterruptedException {
            long deadline = System.nanoTime() + LONGEST.toNanos();
            while (answered.get() < count) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(
                            answered + " answers (expected: " + count + ")");
                }
                Thread.sleep(5);
            }
        }

        void stop() throws InterruptedException {
            over.set(true);
            for (Thread caller : callers) {
                caller.join(ANSWER.toMillis());
            }
        }
    }
}
