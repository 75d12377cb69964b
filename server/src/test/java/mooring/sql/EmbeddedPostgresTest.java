package mooring.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import mooring.process.ProcessIdentity;
import mooring.process.Signal;
import mooring.testing.Await;
import mooring.testing.TestFolders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedPostgresTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final Path BINARIES = TestFolders.postgresBinaries();

    private Path folder = Path.of("");

    @BeforeEach
    void makeFolder() {
        folder = TestFolders.create("embedded-");
    }

    @AfterEach
    void removeFolder() {
        TestFolders.delete(folder);
    }

    @Test
    void everyCommitIsSyncedAndEveryConnectionNeedsThePassword() throws SQLException, IOException {
        try (EmbeddedPostgres postgres = start()) {
            assertThat(setting(postgres, "fsync")).isEqualTo("on");
            assertThat(setting(postgres, "synchronous_commit")).isEqualTo("on");
            assertThat(setting(postgres, "full_page_writes")).isEqualTo("on");
            assertThat(setting(postgres, "data_checksums")).isEqualTo("on");
            assertThat(setting(postgres, "listen_addresses")).isEqualTo("127.0.0.1");
            assertThat(setting(postgres, "unix_socket_directories")).isEmpty();
            assertThat(setting(postgres, "server_encoding")).isEqualTo("UTF8");
            assertThat(postgres.password()).hasSizeGreaterThanOrEqualTo(43);
            assertThatThrownBy(
                            () ->
                                    DriverManager.getConnection(
                                            postgres.jdbcUrl("postgres"), postgres.user(), "guess"))
                    .hasMessageContaining("password authentication failed");
            assertThat(PosixFilePermissions.toString(permissions("password")))
                    .isEqualTo("rw-------");
            assertThat(Files.readString(folder.resolve("data/pg_hba.conf")))
                    .doesNotContainPattern("(?m)^[^#].*\\btrust\\b");
            try (var entries = Files.list(folder)) {
                assertThat(entries.map(entry -> entry.getFileName().toString()))
                        .containsExactlyInAnyOrder("data", "lock", "password", "postgres.log");
            }
        }
    }

    @Test
    void whatWasCommittedIsThereAfterARestart() throws SQLException {
        String password;
        try (EmbeddedPostgres postgres = start()) {
            password = postgres.password();
            execute(postgres, "CREATE TABLE word (text text)");
            execute(postgres, "INSERT INTO word VALUES ('pōhutukawa 契約')");
        }
        try (EmbeddedPostgres postgres = start()) {
            assertThat(postgres.password()).isEqualTo(password);
            assertThat(query(postgres, "SELECT text FROM word")).isEqualTo("pōhutukawa 契約");
        }
    }

    @Test
    void nothingOfItRunsAfterClose() {
        EmbeddedPostgres postgres = start();
        ProcessIdentity postmaster = identity(postgres.pid());
        List<ProcessIdentity> family = new ArrayList<>(postmaster.descendants());
        family.add(postmaster);
        assertThat(family).hasSizeGreaterThan(3);
        postgres.close();
        assertThat(family).noneMatch(ProcessIdentity::alive);
    }

    @Test
    void aFolderThatOnlyRootMayPassServesToo(@TempDir Path closed) throws IOException {
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        Path binaries = closed.resolve("binaries");
        try (EmbeddedPostgres postgres =
                EmbeddedPostgres.start(closed.resolve("deep/store"), binaries, DEADLINE)) {
            assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
            if (PostgresAccount.weAreRoot()) {
                assertThat((int) Files.getAttribute(Path.of("/proc/" + postgres.pid()), "unix:uid"))
                        .isNotZero();
            }
        }
    }

    @Test
    void aSecondStartOnTheSameFolderIsToldWhoHasIt() {
        try (EmbeddedPostgres first = start()) {
            assertThat(first.port()).isPositive();
            assertThatThrownBy(this::start)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
        }
    }

    @Test
    void twoFoldersRunSideBySide() throws SQLException {
        Path other = TestFolders.create("embedded-");
        try (EmbeddedPostgres first = start();
                EmbeddedPostgres second = EmbeddedPostgres.start(other, BINARIES, DEADLINE)) {
            assertThat(first.port()).isNotEqualTo(second.port());
            assertThat(query(second, "SELECT 2")).isEqualTo("2");
        } finally {
            TestFolders.delete(other);
        }
    }

    @Test
    void aLeftoverServerIsEndedAndItsCommitsAreKept() throws Exception {
        Process leftover = leaveBehind();
        try (EmbeddedPostgres postgres = start()) {
            assertThat(leftover.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(query(postgres, "SELECT count(*) FROM kept")).isEqualTo("1");
        } finally {
            leftover.destroyForcibly();
        }
    }

    @Test
    void aLeftoverServerThatHangsIsKilledAndTheStartStillTakesAtMostSixSeconds() throws Exception {
        Process leftover = leaveBehind();
        signalByShell("STOP", leftover.pid());
        long start = System.nanoTime();
        try (EmbeddedPostgres postgres = start()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(Await.onThisMachine(Duration.ofSeconds(6)));
            assertThat(query(postgres, "SELECT count(*) FROM kept")).isEqualTo("1");
            assertThat(leftover.waitFor(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            leftover.destroyForcibly();
        }
    }

    @Test
    void aLeftoverPidFileThatNamesAnotherProgramDoesItNoHarm() throws Exception {
        start().close();
        Process stranger = asAccountOfCluster(List.of("/bin/sleep", "300"));
        Path file = folder.resolve("data/postmaster.pid");
        String data = folder.toRealPath().resolve("data").toString();
        Files.writeString(
                file, stranger.pid() + "\n" + data + "\n1790000000\n5432\n\n127.0.0.1\n\nready\n");
        ownByCluster(file);
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly();
        }
    }

    @Test
    void anEmptyPidFileLeftByAPowerLossDoesNotPreventTheStart() throws Exception {
        start().close();
        Path file = folder.resolve("data/postmaster.pid");
        Files.writeString(file, "");
        ownByCluster(file);
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void aServerThatIsKilledComesBackOnItsPortWithWhatWasCommitted() throws Exception {
        try (EmbeddedPostgres postgres = start()) {
            execute(postgres, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
            long killed = postgres.pid();
            identity(killed).send(Signal.KILL);

            Await.until(
                    "PostgreSQL runs again",
                    Duration.ofSeconds(30),
                    () -> postgres.restarts() == 1);

            assertThat(postgres.pid()).isNotEqualTo(killed);
            assertThat(query(postgres, "SELECT n FROM kept")).isEqualTo("7");
        }
    }

    @Test
    void aHalfMadeClusterIsThrownAwayAndMadeAgain() throws IOException {
        Path half = Files.createDirectories(folder.resolve("making-before-the-crash/base"));
        Files.writeString(half.resolve("1"), "half");
        Files.writeString(folder.resolve("making-before-the-crash-password"), "old");
        try (EmbeddedPostgres postgres = start()) {
            assertThat(query(postgres, "SELECT 1")).isEqualTo("1");
            assertThat(folder.resolve("making-before-the-crash")).doesNotExist();
            assertThat(folder.resolve("making-before-the-crash-password")).doesNotExist();
        }
    }

    @Test
    void aClusterOfAnotherMajorVersionIsRefusedInOneLine() throws IOException {
        start().close();
        Files.writeString(folder.resolve("data/PG_VERSION"), "17\n");
        assertOneLine("made by PostgreSQL 17 (expected: 18;");
    }

    @Test
    void aFolderWithSomethingElseInTheClustersPlaceIsLeftAlone() throws IOException {
        Path mine = Files.createDirectories(folder.resolve("data")).resolve("thesis.txt");
        if (PostgresAccount.weAreRoot()) {
            Files.setAttribute(folder.resolve("data"), "unix:uid", 65534);
        }
        Files.writeString(mine, "years of work");
        assertOneLine("is no PostgreSQL cluster");
        assertThat(mine).hasContent("years of work");
    }

    @Test
    void aLostPasswordFileIsNamed() throws IOException {
        start().close();
        Files.delete(folder.resolve("password"));
        assertOneLine("password: is missing");
    }

    @Test
    void aFileInPlaceOfTheFolderIsRefusedInOneLine() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> EmbeddedPostgres.start(file.resolve("store"), BINARIES, DEADLINE))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("cannot be written")
                .message()
                .doesNotContain("\n");
    }

    @Test
    void aPlatformWithoutProgramsIsToldWhatToDo() {
        assertThatThrownBy(() -> PostgresBinaries.unpackedIn(folder, "Linux", "riscv64"))
                .isInstanceOf(StoreException.class)
                .hasMessage(
                        "PostgreSQL: no programs for Linux on riscv64 (expected: Linux on amd64 or"
                                + " aarch64; elsewhere name a database with --database-url)");
        assertThatThrownBy(() -> PostgresBinaries.unpackedIn(folder, "Mac OS X", "aarch64"))
                .hasMessageContaining("no programs for Mac OS X");
    }

    @Test
    void twoProcessesThatUnpackAtOnceEndWithOneWholeCopy() throws Exception {
        Path cache = folder.resolve("cache");
        List<Thread> threads = new ArrayList<>();
        List<PostgresBinaries> results = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 2; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .start(() -> results.add(PostgresBinaries.unpackedIn(cache))));
        }
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(60))).isTrue();
        }
        assertThat(results).hasSize(2).allMatch(result -> result.version().equals("18.6"));
        try (var entries = Files.list(cache)) {
            assertThat(entries).hasSize(1);
        }
    }

    private EmbeddedPostgres start() {
        return EmbeddedPostgres.start(folder, BINARIES, DEADLINE);
    }

    private void assertOneLine(String part) {
        assertThatThrownBy(this::start)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(part)
                .message()
                .doesNotContain("\n");
    }

    /// A server on our folder that does not die with anybody.
    private Process leaveBehind() throws Exception {
        List<String> command;
        try (EmbeddedPostgres postgres = start()) {
            execute(postgres, "CREATE TABLE kept AS SELECT 1 AS id");
            command = identity(postgres.pid()).commandLine();
        }
        Process server = asAccountOfCluster(command);
        Await.until(
                "leftover server",
                DEADLINE,
                () -> {
                    PostmasterFile file = PostmasterFile.read(folder.resolve("data"));
                    return file != null && file.ready() && file.pid() == server.pid();
                });
        return server;
    }

    private Process asAccountOfCluster(List<String> command) throws IOException {
        List<String> words = new ArrayList<>();
        if (PostgresAccount.weAreRoot()) {
            Path data = folder.resolve("data");
            words.addAll(
                    List.of(
                            "setpriv",
                            "--reuid=" + Files.getAttribute(data, "unix:uid"),
                            "--regid=" + Files.getAttribute(data, "unix:gid"),
                            "--clear-groups",
                            "--inh-caps=-all,+dac_read_search",
                            "--ambient-caps=-all,+dac_read_search",
                            "--securebits=+no_setuid_fixup"));
        }
        words.addAll(command);
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void ownByCluster(Path file) throws IOException {
        Path data = folder.resolve("data");
        Files.setAttribute(file, "unix:uid", Files.getAttribute(data, "unix:uid"));
        Files.setAttribute(file, "unix:gid", Files.getAttribute(data, "unix:gid"));
    }

    private static void signalByShell(String signal, long pid) throws Exception {
        Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -s " + signal + " " + pid).start();
        assertThat(kill.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    private static ProcessIdentity identity(long pid) {
        @Nullable ProcessIdentity identity = ProcessIdentity.of(pid);
        if (identity == null) {
            throw new AssertionError("process " + pid + " is gone");
        }
        return identity;
    }

    private static void execute(EmbeddedPostgres postgres, String sql) throws SQLException {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String setting(EmbeddedPostgres postgres, String name) {
        return query(postgres, "SHOW " + name);
    }

    private static String query(EmbeddedPostgres postgres, String sql) {
        try (Connection connection = connect(postgres);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    private static Connection connect(EmbeddedPostgres postgres) throws SQLException {
        return DriverManager.getConnection(
                postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
    }

    private Set<PosixFilePermission> permissions(String name) throws IOException {
        return Files.getPosixFilePermissions(folder.resolve(name));
    }
}
