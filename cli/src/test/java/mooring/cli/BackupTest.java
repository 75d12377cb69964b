package mooring.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The file is there when it is whole, and otherwise nothing is.
final class BackupTest {
    private static final String ROWS = "id\t1\nid\t2\n";

    @TempDir Path folder = Path.of("");
    private FakeServer server = server();

    private static FakeServer server() {
        try {
            return Samples.server();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void anotherFile() throws IOException {
        Files.writeString(folder.resolve("old.zip"), "an older one");
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void theFileHoldsWhatTheServerSentAndTheServerIsToldItsHash() throws Exception {
        byte[] sent = Samples.archive(ROWS, 2);
        server.on("POST /api/v1/backups", Samples.archive(sent));

        Shell.Result result = run("backup", "new.zip");

        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        assertThat(result.out()).contains("new.zip").contains("2 rows").contains("read back");
        assertThat(Files.readAllBytes(folder.resolve("new.zip"))).isEqualTo(sent);
        assertThat(Files.getPosixFilePermissions(folder.resolve("new.zip")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(server.bodyOf("/api/v1/backups/bkp_1/verified"))
                .contains(Download.digest(folder.resolve("new.zip"), silent()));
        assertThat(folder.resolve("new.zip.partial")).doesNotExist();
    }

    @Test
    void anExistingFileIsReplacedOnlyByForce() throws Exception {
        Shell.Result refused = run("backup", "old.zip");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("old.zip exists already").contains("--force");
        assertThat(folder.resolve("old.zip")).hasContent("an older one");
        assertThat(server.asked()).isEmpty();

        assertThat(run("backup", "old.zip", "--force").exitCode()).isZero();
        assertThat(Files.size(folder.resolve("old.zip"))).isGreaterThan(100);
    }

    @Test
    void aFolderThatIsNotThereOrAFolderInPlaceOfAFileIsRefusedInOneLine() throws Exception {
        assertThat(run("backup", "nowhere/new.zip").err())
                .contains("Cannot write nowhere/new.zip (there is no such folder)")
                .hasLineCount(1);
        Files.createDirectory(folder.resolve("sub"));
        assertThat(run("backup", "sub").err()).contains("sub is a folder").hasLineCount(1);
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void anAnswerThatBreaksOffLeavesNothing() throws Exception {
        byte[] sent = Samples.archive(ROWS, 2);
        server.on(
                "POST /api/v1/backups",
                exchange -> {
                    exchange.sendResponseHeaders(200, sent.length + 10);
                    exchange.getResponseBody().write(sent);
                    exchange.getResponseBody().flush();
                    throw new IOException("the server dies");
                });
        assertNothingKept(run("backup", "new.zip"), "broke off");
    }

    @Test
    void aPartThatCallsItselfWholeIsFoundOut() throws Exception {
        byte[] sent = Samples.archive(ROWS, 2);
        server.on("POST /api/v1/backups", Samples.archive(Arrays.copyOf(sent, sent.length - 30)));
        assertNothingKept(run("backup", "new.zip"), "no whole backup");
    }

    @Test
    void aTableThatArrivedWithOtherRowsIsNamed() throws Exception {
        server.on("POST /api/v1/backups", Samples.archive(Samples.archive("id\t1\nid\t3\n", 2)));
        assertNothingKept(run("backup", "new.zip"), "table wallet has another checksum");
        server.on("POST /api/v1/backups", Samples.archive(Samples.archive(ROWS, 3)));
        assertNothingKept(run("backup", "new.zip"), "table wallet has 2 rows");
    }

    @Test
    void aBackupThatTheServerDoesNotConfirmIsKeptAndSaidSo() throws Exception {
        server.on(
                "POST /api/v1/backups/bkp_1/verified",
                503,
                FakeServer.error("no database", "server_error", null, "store_unavailable"));
        Shell.Result result = run("backup", "new.zip");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("new.zip is whole, but").hasLineCount(1);
        assertThat(folder.resolve("new.zip")).exists();
    }

    @Test
    void aFullDiskLeavesNoFile() throws Exception {
        byte[] large = new byte[300_000];
        new java.util.Random(7).nextBytes(large);
        server.on("POST /api/v1/backups", Samples.archive(large));
        Shell.beside(folder, server);
        // A limit on the size of files: to the program it is a disk that takes no more.
        Process process =
                new ProcessBuilder(
                                "bash",
                                "-c",
                                "ulimit -f 100; exec \"$@\"",
                                "limited",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-XX:-UsePerfData",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "mooring.cli.Main",
                                "backup",
                                "new.zip")
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(1);
        assertThat(said).contains("No space left for new.zip");
        assertThat(folder.resolve("new.zip")).doesNotExist();
        assertThat(folder.resolve("new.zip.partial")).doesNotExist();
    }

    private void assertNothingKept(Shell.Result result, String why) {
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains(why).hasLineCount(1);
        assertThat(folder.resolve("new.zip")).doesNotExist();
        assertThat(folder.resolve("new.zip.partial")).doesNotExist();
    }

    private Shell.Result run(String... words) throws IOException {
        return Shell.beside(folder, server).run(words);
    }

    private static Progress silent() {
        return new Progress(System.out, false, true, 0, 0);
    }
}
