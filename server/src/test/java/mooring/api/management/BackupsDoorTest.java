package mooring.api.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import mooring.api.management.ManagementWorld.Reply;
import mooring.backup.Archive;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A backup through the operator's door: streamed, checked, confirmed, and cut when it fails.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BackupsDoorTest {

    @TempDir private Path folder;
    private ManagementWorld world;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeAll
    void open() {
        world = new ManagementWorld();
        world.ledger.customer("Aroha", "5.00");
    }

    @AfterAll
    void close() {
        client.close();
        world.close();
    }

    private HttpRequest request() {
        return HttpRequest.newBuilder(URI.create(world.url() + "/api/v1/backups"))
                .header("Authorization", "Bearer " + ManagementWorld.OPERATOR_KEY)
                .timeout(ManagementWorld.PATIENCE)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
    }

    @Test
    void aBackupIsTakenCheckedConfirmedAndThenTheLastOne() throws Exception {
        assertThat(world.get("/api/v1/backups/last").at("/backup").isNull()).isTrue();
        Path file = folder.resolve("door.zip");
        HttpResponse<Path> answer = client.send(request(), HttpResponse.BodyHandlers.ofFile(file));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type"))
                .contains("application/octet-stream");
        String id;
        try (Archive archive = Archive.open(file)) {
            archive.verify(_ -> {});
            id = archive.manifest().id();
        }
        String sha256 =
                HexFormat.of()
                        .formatHex(
                                MessageDigest.getInstance("SHA-256")
                                        .digest(Files.readAllBytes(file)));

        Reply wrong = confirm(id, "00".repeat(32));
        assertThat(wrong.status()).isEqualTo(409);
        assertThat(wrong.problem()).contains("expected: " + sha256);
        assertThat(world.get("/api/v1/backups/last").at("/backup").isNull()).isTrue();

        Reply confirmed = confirm(id, sha256);
        assertThat(confirmed.status()).isEqualTo(200);
        assertThat(confirmed.text("/verified_at")).isNotEmpty();
        assertThat(confirmed.at("/bytes").asLong()).isEqualTo(Files.size(file));
        assertThat(world.get("/api/v1/backups/last").at("/backup")).isEqualTo(confirmed.body());
    }

    @Test
    void whatCannotBeConfirmedIsRefused() {
        assertThat(confirm("bkp_" + "0".repeat(32), "00".repeat(32)).status()).isEqualTo(404);
        assertThat(confirm("bkp_x", "00".repeat(32)).status()).isEqualTo(400);
        assertThat(confirm("bkp_" + "0".repeat(32), "nonsense").status()).isEqualTo(400);
    }

    @Test
    void aCallerWhoLeavesEndsTheBackupAndTheNextOneMayBegin() throws Exception {
        large();
        int port = URI.create(world.url()).getPort();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.getOutputStream()
                    .write(
                            ("POST /api/v1/backups HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                                            + "Authorization: Bearer "
                                            + ManagementWorld.OPERATOR_KEY
                                            + "\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(new String(in.readNBytes(15), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 200 OK");
            assertThat(client.send(request(), HttpResponse.BodyHandlers.ofString()).statusCode())
                    .as("a second one meanwhile")
                    .isEqualTo(409);
        }
        Await.until(
                "the next backup",
                ManagementWorld.PATIENCE,
                () ->
                        client.send(request(), HttpResponse.BodyHandlers.discarding()).statusCode()
                                == 200);
    }

    @Test
    void aBackupThatFailsUnderWayIsCutAndNotEnded() {
        large();
        assertThatThrownBy(
                        () -> {
                            try (InputStream in =
                                    client.send(
                                                    request(),
                                                    HttpResponse.BodyHandlers.ofInputStream())
                                            .body()) {
                                in.readNBytes(1);
                                endBackups();
                                in.readAllBytes();
                            }
                        })
                .isInstanceOf(IOException.class);
    }

    /// As a database that goes away under it.
    private void endBackups() {
        world.ledger.jdbi.useHandle(
                handle ->
                        handle.execute(
                                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                        + " WHERE application_name = 'mooring backup'"));
    }

    /// More than fits into any buffer on the way.
    private void large() {
        world.ledger.jdbi.useHandle(
                handle ->
                        handle.execute(
                                """
                                INSERT INTO settlement_conflict (request_id, content_hash,
                                    stored_charge, record, node_id, seen_at)
                                SELECT gen_random_uuid(), sha256((random()::text || n)::bytea), n,
                                    jsonb_build_object('x', (SELECT string_agg(
                                        md5(random()::text || m), '') FROM generate_series(1, 900) m)),
                                    'node-a', now()
                                FROM generate_series(1, 1500) n
                                """));
    }

    private Reply confirm(String id, String sha256) {
        return world.post(
                "/api/v1/backups/" + id + "/verified", "{\"sha256\": \"" + sha256 + "\"}");
    }
}
