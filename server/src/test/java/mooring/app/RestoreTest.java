package mooring.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import mooring.backup.Archive;
import mooring.config.ConfigException;
import mooring.config.Settings;
import mooring.crypto.MasterKey;
import mooring.crypto.store.PostgresStoredSecrets;
import mooring.json.Json;
import mooring.sql.Database;
import mooring.testing.TestFolders;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// From a running server's backup to another server that goes on with the same customers.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RestoreTest {

    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final byte[] SECRET = "a stored secret of this company".getBytes(UTF_8);

    private static final KeptJournals KEPT = KeptJournals.booking("restore", Clock.system());

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<Path> folders = new ArrayList<>();
    private TestingServer server;
    private Customer customer;
    private Path file;

    @BeforeAll
    void backUp() throws Exception {
        server = TestingServer.start();
        customer = server.customer("7.000000001");
        assertThat(server.chat(customer, TestingServer.body("tide", "")).status()).isEqualTo(200);
        server.onlySettlement(customer);
        new PostgresStoredSecrets(server.jdbi(), masterKey(server.folder()), Clock.system())
                .put("webhook/1", SECRET);
        file = folder().resolve("backup.zip");
        HttpResponse<Path> answer =
                http.send(
                        HttpRequest.newBuilder(URI.create(server.baseUrl() + "/api/v1/backups"))
                                .header("authorization", "Bearer " + server.operatorKey())
                                .timeout(DEADLINE)
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.ofFile(file));
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    @AfterAll
    void close() {
        http.close();
        server.close();
        folders.forEach(TestFolders::delete);
    }

    @Test
    void aRestoredServerServesTheSameCustomersWithTheSameKeysAndBalances() throws Exception {
        Path folder = folder();
        Files.copy(server.folder().resolve("master.key"), folder.resolve("master.key"));
        for (String name : List.of("catalog.yaml", "prices.yaml")) {
            Files.copy(server.folder().resolve(name), folder.resolve(name));
        }
        List<String> said = new ArrayList<>();

        assertThat(restore(folder, said, KEPT)).isTrue();

        assertThat(said).anyMatch(line -> line.startsWith("Ledger verified: nothing found in"));
        assertThat(said).anyMatch(line -> line.matches(" *settlement\\w*: 1 rows"));
        assertThat(said)
                .anyMatch(
                        line ->
                                line.startsWith("Leases of node " + nodeId() + " are closed: [")
                                        && line.contains("of 1 wallets went back"));
        assertThat(said).noneMatch(line -> line.contains("entered again"));
        assertThat(said.getLast())
                .startsWith("Restored bkp_")
                .endsWith("./mooring up --data-dir " + folder);
        try (InProcess again =
                InProcess.start(
                        folder,
                        List.of(
                                "--data-dir",
                                folder.toString(),
                                "--port",
                                "0",
                                "--admin-port",
                                "0"))) {
            assertThat(shown("posted", again.baseUrl(), folder))
                    .isEqualTo(shown("posted", server.baseUrl(), server.folder()))
                    .isEqualTo("6.999964001");
            assertThat(shown("available", again.baseUrl(), folder))
                    .as("the leases of a node that is not there hold nothing")
                    .isEqualTo("6.999964001");
            HttpResponse<String> chat =
                    http.send(
                            HttpRequest.newBuilder(
                                            URI.create(again.baseUrl() + "/v1/chat/completions"))
                                    .header("authorization", "Bearer " + customer.key())
                                    .header("content-type", "application/json")
                                    .timeout(DEADLINE)
                                    .POST(
                                            HttpRequest.BodyPublishers.ofString(
                                                    TestingServer.body("tide", "")))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(chat.statusCode()).as(chat.body()).isEqualTo(200);
            assertThat(
                            http.send(
                                            HttpRequest.newBuilder(
                                                            URI.create(
                                                                    again.adminUrl() + "/metrics"))
                                                    .build(),
                                            HttpResponse.BodyHandlers.ofString())
                                    .body())
                    .contains("mooring_backup_age_seconds NaN");
        }
        // What is there already is never overwritten.
        assertThatThrownBy(() -> restore(folder, new ArrayList<>(), KEPT))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("there is a database already");
    }

    @Test
    void underAnotherMasterKeyOneLineSaysWhatToEnterAgainAndKeptJournalsAreReplayed() {
        Path folder = folder();
        Path journal = folder();
        List<String> said = new ArrayList<>();
        AtomicReference<Long> settlements = new AtomicReference<>();
        KeptJournals replay =
                new KeptJournals() {
                    @Override
                    public void require(Path kept) {
                        assertThat(kept).isEqualTo(journal);
                    }

                    @Override
                    public Replayed replay(Path kept, Database database) {
                        settlements.set(
                                database.jdbi()
                                        .withHandle(
                                                handle ->
                                                        handle.createQuery(
                                                                        "SELECT count(*) FROM"
                                                                                + " settlement")
                                                                .mapTo(Long.class)
                                                                .one()));
                        return new Replayed(
                                "3 records, 2 settled, 1 known", java.util.Set.of(nodeId()));
                    }
                };

        assertThat(restore(folder, said, replay, "--journal", journal.toString())).isTrue();

        assertThat(settlements.get()).isEqualTo(1);
        assertThat(said)
                .contains(
                        "Leases of node "
                                + nodeId()
                                + " are closed: its journal was replayed, and the rest went back");
        assertThat(said).contains("Replayed " + journal + ": 3 records, 2 settled, 1 known");
        assertThat(said)
                .filteredOn(line -> line.contains("must be entered again"))
                .singleElement()
                .asString()
                .endsWith("webhook/1");
    }

    @Test
    void noSecretIsInTheArchive() throws IOException {
        List<String> secrets = new ArrayList<>(List.of(customer.key(), server.operatorKey()));
        secrets.add(server.firstKey());
        secrets.add(Files.readString(server.folder().resolve("master.key")).strip());
        secrets.add(new String(SECRET, UTF_8));
        StringBuilder all = new StringBuilder();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                ByteArrayOutputStream content = new ByteArrayOutputStream();
                zip.transferTo(content);
                all.append(content.toString(StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(all).contains("webhook/1").contains("bkp_");
        for (String secret : secrets) {
            assertThat(secret.length()).isGreaterThan(20);
            assertThat(all.indexOf(secret)).isNegative();
            // As bytea is written in PostgreSQL's text.
            assertThat(all.indexOf(java.util.HexFormat.of().formatHex(secret.getBytes(UTF_8))))
                    .isNegative();
        }
    }

    @Test
    void wrongWordsAndFilesAreRefusedBeforeAnythingIsMade() throws IOException {
        Path folder = folder();
        assertThatThrownBy(() -> Restore.Order.read(List.of("--data-dir", "x")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("restore: no file (expected: one");
        assertThatThrownBy(() -> Restore.Order.read(List.of("a", "b")))
                .hasMessageContaining("2 files");
        assertThatThrownBy(() -> Restore.Order.read(List.of("a", "--journal")))
                .hasMessageContaining("--journal: expected: a folder");
        assertThatThrownBy(() -> restore(folder, new ArrayList<>(), KEPT, "--journal", "kept"))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("--journal kept: journal folder kept: not there");
        Files.writeString(folder.resolve("master.key"), "not a key\n");
        assertThatThrownBy(() -> restore(folder, new ArrayList<>(), KEPT))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("master.key: not a key (expected: 64 hexadecimal digits)");
        assertThat(folder.resolve("postgres")).doesNotExist();
    }

    @Test
    void theManifestSaysHowFarTheJournalWasBooked() throws IOException {
        try (Archive archive = Archive.open(file)) {
            assertThat(archive.manifest().nodes())
                    .singleElement()
                    .satisfies(
                            node -> {
                                assertThat(node.node()).isEqualTo(nodeId());
                                assertThat(node.drained()).isPositive();
                            });
        }
    }

    private String nodeId() {
        return server.jdbi()
                .withHandle(
                        handle ->
                                handle.createQuery("SELECT id FROM node")
                                        .mapTo(String.class)
                                        .one());
    }

    private boolean restore(Path folder, List<String> said, KeptJournals replay, String... more) {
        List<String> words = new ArrayList<>(List.of(file.toString(), "--data-dir"));
        words.add(folder.toString());
        words.addAll(List.of(more));
        Restore.Order order = Restore.Order.read(words);
        return Restore.run(
                order, Settings.load(order.flags(), Map.of(), folder), replay, said::add);
    }

    private String shown(String field, String baseUrl, Path folder)
            throws IOException, InterruptedException {
        String body =
                http.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        baseUrl
                                                                + "/api/v1/organizations/"
                                                                + customer.organization()
                                                                + "/balance"))
                                        .header(
                                                "authorization",
                                                "Bearer "
                                                        + Files.readString(
                                                                        folder.resolve(
                                                                                "operator-key"))
                                                                .strip())
                                        .timeout(DEADLINE)
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
        return Json.MAPPER.readTree(body).path(field).asText();
    }

    private static MasterKey masterKey(Path folder) throws IOException {
        return MasterKey.parse(Files.readString(folder.resolve("master.key")).strip());
    }

    private Path folder() {
        Path folder = TestFolders.create("restore-");
        folders.add(folder);
        return folder;
    }
}
