package mooring.app;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import mooring.testing.TestCertificate;
import mooring.testing.TestFolders;
import mooring.testing.TestingServer;
import mooring.testing.TestingServer.Customer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The public port over TLS, in both versions of HTTP, with a certificate that is renewed while it
/// serves.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final TestCertificate first = TestCertificate.create();
    private final Path folder = TestFolders.create("tls-");
    private final Path certificateFile = folder.resolve("certificate.pem");
    private final Path keyFile = folder.resolve("key.pem");
    private final TestingServer server = start();
    private final Customer customer = server.customer("100");

    private TestingServer start() {
        first.writeCertificate(certificateFile);
        first.writeKey(keyFile);
        return TestingServer.start(
                first.trust(),
                "--tls-certificate",
                certificateFile.toString(),
                "--tls-key",
                keyFile.toString());
    }

    @AfterAll
    void endsWithBalancedBooks() {
        try (server) {
            server.requireBalancedBooks();
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aChatIsAnsweredWholeAndStreamed(HttpClient.Version version) throws Exception {
        HttpClient client = client(first, version);

        HttpResponse<String> whole =
                client.send(
                        chat(body("tide", "{\"output_tokens\": 2}")),
                        HttpResponse.BodyHandlers.ofString());
        HttpResponse<Stream<String>> streamed =
                client.send(
                        chat(body("tide", "{\"output_tokens\": 5}", "\"stream\": true")),
                        HttpResponse.BodyHandlers.ofLines());

        assertThat(whole.version()).isEqualTo(version);
        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.headers().firstValue("strict-transport-security")).isPresent();
        assertThat(whole.body()).contains("\"completion_tokens\":2");
        assertThat(streamed.version()).isEqualTo(version);
        assertThat(streamed.statusCode()).isEqualTo(200);
        List<String> lines = streamed.body().filter(line -> !line.isEmpty()).toList();
        assertThat(lines).hasSizeGreaterThanOrEqualTo(6);
        assertThat(lines.getLast()).isEqualTo("data: [DONE]");
    }

    @Test
    void manyStreamsShareOneConnectionOfHttp2() {
        HttpClient client = client(first, HttpClient.Version.HTTP_2);
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            answers.add(
                    client.sendAsync(
                            chat(body("tide", "{\"output_tokens\": 5}", "\"stream\": true")),
                            HttpResponse.BodyHandlers.ofString()));
        }
        assertThat(answers)
                .allSatisfy(
                        answer -> {
                            assertThat(answer.join().statusCode()).isEqualTo(200);
                            assertThat(answer.join().body()).contains("[DONE]");
                        });
    }

    @Test
    void whatIsRefusedOverHttp2LeavesTheConnectionToTheOthers() throws Exception {
        HttpClient client = client(first, HttpClient.Version.HTTP_2);
        for (int i = 0; i < 3; i++) {
            assertThat(
                            client.send(
                                            post("x".repeat(3_000_000), "text/plain"),
                                            HttpResponse.BodyHandlers.ofString())
                                    .statusCode())
                    .isEqualTo(415);
            HttpResponse<String> broken =
                    client.send(chat("{\"model\":"), HttpResponse.BodyHandlers.ofString());
            assertThat(broken.statusCode()).isEqualTo(400);
            assertThat(broken.headers().firstValue("x-request-id").orElse("")).startsWith("req_");
            HttpResponse<String> wrongMethod =
                    client.send(
                            HttpRequest.newBuilder(URI.create(server.baseUrl() + CHAT))
                                    .timeout(PATIENCE)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(wrongMethod.statusCode()).isEqualTo(405);
            assertThat(wrongMethod.headers().firstValue("allow")).contains("POST");
            assertThat(
                            client.send(
                                            chat(body("tide", "{\"output_tokens\": 1}")),
                                            HttpResponse.BodyHandlers.ofString())
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void aCallerWhoLeavesAStreamOfHttp2CancelsTheEngine() throws Exception {
        Customer leaving = server.customer("1");
        HttpClient client = client(first, HttpClient.Version.HTTP_2);
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(server.baseUrl() + CHAT))
                        .header("authorization", "Bearer " + leaving.key())
                        .header("content-type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        body(
                                                "tide",
                                                "{\"output_tokens\": 4000, \"tokens_per_second\": 20}",
                                                "\"max_tokens\": 4000, \"stream\": true")))
                        .build();
        HttpResponse<InputStream> answer =
                client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).startsWith("data: ");

        answer.body().close();

        assertThat(server.onlySettlement(leaving)).containsEntry("ending", "CANCELLED");
    }

    @Test
    void aConnectionThatResetsStreamAfterStreamIsEnded() throws Exception {
        try (SSLSocket socket = open(first, "h2")) {
            OutputStream out = socket.getOutputStream();
            out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            out.write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
            // :method GET, :scheme https, :path /, :authority t; then at once RST_STREAM.
            byte[] head = {(byte) 0x82, (byte) 0x87, (byte) 0x84, 0x41, 1, 't'};
            boolean ended = false;
            try {
                for (int stream = 1; stream < 2_000; stream += 2) {
                    out.write(
                            new byte[] {0, 0, 6, 1, 5, 0, 0, (byte) (stream >> 8), (byte) stream});
                    out.write(head);
                    out.write(
                            new byte[] {
                                0, 0, 4, 3, 0, 0, 0, (byte) (stream >> 8), (byte) stream, 0, 0, 0, 8
                            });
                }
                out.flush();
                InputStream in = socket.getInputStream();
                byte[] buffer = new byte[8192];
                while (in.read(buffer) >= 0) {
                    // Until the server has had enough of it.
                }
                ended = true;
            } catch (java.net.SocketTimeoutException stillOpen) {
                assertThat(stillOpen).isNull();
            } catch (IOException closed) {
                ended = true;
            }
            assertThat(ended).isTrue();
        }
    }

    @Test
    void theNewestVersionThatTheClientKnowsIsChosen() throws Exception {
        try (SSLSocket both = open(first, "h2", "http/1.1");
                SSLSocket old = open(first, "http/1.1")) {
            assertThat(both.getApplicationProtocol()).isEqualTo("h2");
            assertThat(old.getApplicationProtocol()).isEqualTo("http/1.1");
        }
    }

    @Test
    void plainHttpIsNotSpokenOnThisPort() {
        URI plain = URI.create(server.baseUrl().replace("https", "http") + "/v1/models");
        assertThatThrownBy(
                        () ->
                                HttpClient.newHttpClient()
                                        .send(
                                                HttpRequest.newBuilder(plain)
                                                        .timeout(PATIENCE)
                                                        .build(),
                                                HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aRenewedCertificateIsUsedFromTheNextConnectionOnAndCutsNone() throws Exception {
        TestCertificate second = TestCertificate.create();
        try (SSLSocket kept = open(first, "http/1.1")) {
            assertThat(shown(kept)).isEqualTo(first.certificate());

            // Seen half done, nothing changes.
            second.writeCertificate(certificateFile);
            assertThat(server.reload()).isFalse();
            try (SSLSocket next = open(first, "http/1.1")) {
                assertThat(shown(next)).isEqualTo(first.certificate());
            }
            second.writeKey(keyFile);
            assertThat(server.reload()).isTrue();
            try (SSLSocket next = open(second, "h2", "http/1.1")) {
                assertThat(shown(next)).isEqualTo(second.certificate());
                assertThat(next.getApplicationProtocol()).isEqualTo("h2");
            }
            kept.getOutputStream()
                    .write(
                            "GET /v1/models HTTP/1.1\r\nhost: t\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(kept.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 401");
        } finally {
            first.writeCertificate(certificateFile);
            first.writeKey(keyFile);
            server.reload();
        }
    }

    @Test
    void aKeyOfAnotherCertificateIsNamedAtTheStart() {
        Path other = folder.resolve("other.pem");
        TestCertificate.create().writeKey(other);
        Vertx vertx = Vertx.vertx();
        try {
            assertThatThrownBy(
                            () -> new mooring.app.Certificate(certificateFile, other).read(vertx))
                    .isInstanceOf(StartException.class)
                    .hasMessage("TLS: " + other + " is not the key of " + certificateFile);
            assertThatThrownBy(
                            () ->
                                    new mooring.app.Certificate(folder.resolve("none"), other)
                                            .read(vertx))
                    .hasMessageStartingWith("TLS: cannot read ")
                    .hasMessageContaining("none");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private HttpClient client(TestCertificate trusted, HttpClient.Version version) {
        return HttpClient.newBuilder().version(version).sslContext(trusted.trust()).build();
    }

    private HttpRequest chat(String body) {
        return post(body, "application/json");
    }

    private HttpRequest post(String body, String type) {
        return HttpRequest.newBuilder(URI.create(server.baseUrl() + CHAT))
                .timeout(PATIENCE)
                .header("authorization", "Bearer " + customer.key())
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
    }

    private SSLSocket open(TestCertificate trusted, String... protocols) throws IOException {
        URI url = URI.create(server.baseUrl());
        SSLSocket socket =
                (SSLSocket)
                        trusted.trust()
                                .getSocketFactory()
                                .createSocket(url.getHost(), url.getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static Certificate shown(SSLSocket socket) throws IOException {
        return Stream.of(socket.getSession().getPeerCertificates())
                .collect(Collectors.toList())
                .getFirst();
    }
}
