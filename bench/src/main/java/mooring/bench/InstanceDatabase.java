package mooring.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;

/// The embedded database of an instance, by the files that its server keeps for itself: looked
/// into, held still, or killed.
final class InstanceDatabase {

    private static final int PORT_LINE = 3;
    private static final String ANSWER_SECONDS = "20";
    private static final long SIGNAL_SECONDS = 10;

    private final Path folder;

    InstanceDatabase(Path dataDir) {
        this.folder = dataDir.resolve("postgres");
    }

    Connection connect() throws IOException, SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "mooring");
        properties.setProperty("password", Files.readString(folder.resolve("password")).strip());
        properties.setProperty("connectTimeout", ANSWER_SECONDS);
        properties.setProperty("loginTimeout", ANSWER_SECONDS);
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + line(PORT_LINE) + "/mooring", properties);
    }

    /// Where another server finds it, as its setting `database-url`.
    String url() throws IOException {
        return "postgresql://mooring:%s@127.0.0.1:%s/mooring"
                .formatted(Files.readString(folder.resolve("password")).strip(), line(PORT_LINE));
    }

    /// The process that all others of it are children of.
    long postmaster() throws IOException {
        return Long.parseLong(line(0));
    }

    /// SIGKILL to the postmaster; the others find out by themselves.
    void kill() throws IOException {
        ProcessHandle.of(postmaster())
                .orElseThrow(() -> new IllegalStateException("no process of PostgreSQL"))
                .destroyForcibly();
    }

    /// Holds every process of it still: connections stay open, and nothing answers.
    void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    /// The postmaster first, so that no new process comes up between.
    private void signal(String name) throws IOException, InterruptedException {
        long postmaster = postmaster();
        send(name, List.of(postmaster));
        send(
                name,
                ProcessHandle.of(postmaster).stream()
                        .flatMap(ProcessHandle::descendants)
                        .map(ProcessHandle::pid)
                        .toList());
    }

    private static void send(String name, List<Long> pids)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        Process kill = new ProcessBuilder(command).redirectErrorStream(true).start();
        if (!kill.waitFor(SIGNAL_SECONDS, TimeUnit.SECONDS)) {
            kill.destroyForcibly();
            throw new IllegalStateException("signal " + name + ": not sent");
        }
    }

    private String line(int number) throws IOException {
        return Files.readAllLines(folder.resolve("data").resolve("postmaster.pid"))
                .get(number)
                .strip();
    }
}
