package mooring.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import mooring.process.ProcessIdentity;
import mooring.sql.EmbeddedPostgres;
import mooring.testing.Await;
import mooring.testing.JavaProgram;
import mooring.testing.TestFolders;
import org.junit.jupiter.api.Test;

class KillTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Duration GONE = Duration.ofSeconds(3);
    private static final Duration NEXT_START = Duration.ofSeconds(6);
    private static final int NOBODY = 65534;

    @Test
    void aKilledProgramLeavesNoProcessAndLosesNoCommit() throws Exception {
        Path folder = TestFolders.create("kill-");
        try {
            int paid = killOnce(folder, command(folder));
            long start = System.nanoTime();
            try (EmbeddedPostgres postgres =
                    EmbeddedPostgres.start(
                            folder.resolve("store"), TestFolders.postgresBinaries(), DEADLINE)) {
                Duration took = Duration.ofNanos(System.nanoTime() - start);
                System.out.println("next start after " + took.toMillis() + " ms");
                assertThat(took).isLessThan(Await.onThisMachine(NEXT_START));
                assertThat(count(postgres)).isGreaterThanOrEqualTo(paid);
            }
        } finally {
            TestFolders.delete(folder);
        }
    }

    @Test
    void anOrdinaryUsersProgramLeavesNoProcessEither() throws Exception {
        if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
            // Then the other test already runs as an ordinary user.
            return;
        }
        Path folder = Files.createTempDirectory("kill-as-user-");
        try {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
            String classPath = JavaProgram.readableClassPath(folder.resolve("classes"));
            Path home = Files.createDirectory(folder.resolve("home"));
            Files.setAttribute(home, "unix:uid", NOBODY);
            List<String> command =
                    new ArrayList<>(
                            List.of(
                                    "setpriv",
                                    "--reuid=" + NOBODY,
                                    "--regid=" + NOBODY,
                                    "--clear-groups"));
            command.addAll(
                    JavaProgram.command(
                            classPath,
                            Holder.class,
                            home.toString(),
                            home.resolve("binaries").toString()));
            int paid = killOnce(home, command);
            try (JavaProgram again = JavaProgram.start(command, Map.of())) {
                String line = again.lineWith("postgres", DEADLINE);
                System.out.println("as a user, next start: " + line);
                assertThat(Duration.ofMillis(Long.parseLong(line.split(" ")[3])))
                        .isLessThan(Await.onThisMachine(NEXT_START));
                again.lineWith("paid", DEADLINE);
                assertThat(paid).isPositive();
                List<ProcessIdentity> family = family(again);
                again.kill();
                awaitGone(family);
            }
        } finally {
            TestFolders.delete(folder);
        }
    }

    @Test
    void aProgramKilledWhileItMakesItsClusterStartsAnewTheNextTime() throws Exception {
        Path folder = TestFolders.create("kill-");
        try {
            List<ProcessIdentity> family;
            try (JavaProgram program = JavaProgram.start(command(folder), Map.of())) {
                Await.until("initdb", DEADLINE, () -> making(folder.resolve("store")));
                family = family(program);
                program.kill();
            }
            awaitGone(family);
            assertThat(folder.resolve("store/data")).doesNotExist();
            assertThat(folder.resolve("store/postgres.log")).isNotEmptyFile();
            try (EmbeddedPostgres postgres =
                    EmbeddedPostgres.start(
                            folder.resolve("store"), TestFolders.postgresBinaries(), DEADLINE)) {
                assertThat(postgres.port()).isPositive();
                assertThat(making(folder.resolve("store"))).isFalse();
            }
        } finally {
            TestFolders.delete(folder);
        }
    }

    /// Kills a holder of a server and an engine in the midst of its commits; how many there were.
    private static int killOnce(Path folder, List<String> command) {
        try (JavaProgram program = JavaProgram.start(command, Map.of("MOORING_KEY", "never"))) {
            System.out.println("first start: " + program.lineWith("postgres", DEADLINE));
            program.lineWith("engine", DEADLINE);
            String line = program.lineWith("paid", DEADLINE);
            List<ProcessIdentity> family = family(program);
            // PostgreSQL, some of its children, the engine.
            assertThat(family).hasSizeGreaterThan(4);
            program.kill();
            awaitGone(family);
            assertThat(folder.resolve("store/data/postmaster.pid")).doesNotExist();
            return Integer.parseInt(line.split(" ")[1]);
        }
    }

    private static void awaitGone(List<ProcessIdentity> family) {
        Duration took =
                Await.until(
                        "end of all children",
                        Await.onThisMachine(GONE),
                        () -> family.stream().noneMatch(ProcessIdentity::alive));
        System.out.println("all gone after " + took.toMillis() + " ms");
    }

    private static List<ProcessIdentity> family(JavaProgram program) {
        ProcessIdentity identity = ProcessIdentity.of(program.process().pid());
        if (identity == null) {
            throw new AssertionError("ended early");
        }
        return identity.descendants();
    }

    private static boolean making(Path store) throws IOException {
        if (!Files.isDirectory(store)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(store)) {
            return entries.anyMatch(
                    entry ->
                            entry.getFileName().toString().startsWith("making-")
                                    && Files.isDirectory(entry.resolve("base")));
        }
    }

    private static List<String> command(Path folder) {
        return JavaProgram.command(
                Holder.class, folder.toString(), TestFolders.postgresBinaries().toString());
    }

    private static int count(EmbeddedPostgres postgres) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(
                                postgres.jdbcUrl("postgres"),
                                postgres.user(),
                                postgres.password());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM paid")) {
            row.next();
            return row.getInt(1);
        }
    }
}
