package mooring.app;

import static mooring.testing.TestingServer.body;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
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

/// Connections of HTTP/2, frame by frame: what begins and does not end is ended.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2DeadlinesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SETTINGS = frame(4, 0, 0);

    /// `:method GET`, `:scheme https`, `:path /`, `:authority t`.
    private static final byte[] HEAD = {(byte) 0x82, (byte) 0x87, (byte) 0x84, 0x41, 1, 't'};

    private final TestCertificate certificate = TestCertificate.create();
    private final TestingServer server = start();

    private TestingServer start() {
        Path folder = TestFolders.create("tls-");
        Path certificateFile = folder.resolve("certificate.pem");
        Path keyFile = folder.resolve("key.pem");
        certificate.writeCertificate(certificateFile);
        certificate.writeKey(keyFile);
        return TestingServer.start(
                certificate.trust(),
                "--tls-certificate",
                certificateFile.toString(),
                "--tls-key",
                keyFile.toString(),
                "--head-timeout",
                "1s",
                "--body-timeout",
                "3s");
    }

    @AfterAll
    void close() {
        server.close();
    }

    /// What a connection says before it falls silent.
    enum Said {
        NOTHING,
        HALF_A_PREFACE,
        NO_SETTINGS,
        HALF_A_FRAMES_HEAD,
        HALF_A_HEAD,
        NO_CONTINUATION,
        HALF_A_CONTINUATION,
        HALF_A_BODYS_FRAME
    }

    private static byte[] bytes(Said said) {
        return switch (said) {
            case NOTHING -> new byte[0];
            case HALF_A_PREFACE -> part(PREFACE, 10);
            case NO_SETTINGS -> PREFACE;
            case HALF_A_FRAMES_HEAD -> joined(PREFACE, SETTINGS, part(frame(1, 5, 1, HEAD), 4));
            case HALF_A_HEAD -> joined(PREFACE, SETTINGS, part(frame(1, 5, 1, HEAD), 12));
            case NO_CONTINUATION -> joined(PREFACE, SETTINGS, frame(1, 1, 1, HEAD));
            case HALF_A_CONTINUATION ->
                    joined(PREFACE, SETTINGS, frame(1, 1, 1, HEAD), part(frame(9, 4, 1, HEAD), 11));
            case HALF_A_BODYS_FRAME -> joined(PREFACE, SETTINGS, part(frame(0, 0, 1, HEAD), 12));
        };
    }

    @ParameterizedTest
    @EnumSource(Said.class)
    void whatDoesNotEndIsEndedByItsDeadline(Said said) throws IOException {
        try (SSLSocket socket = open()) {
            OutputStream out = socket.getOutputStream();
            out.write(bytes(said));
            out.flush();

            assertThat(ended(socket)).isTrue();
        }
    }

    @Test
    void aHeadThatComesByteByByteHasOneDeadlineForAll() throws IOException {
        try (SSLSocket socket = open()) {
            OutputStream out = socket.getOutputStream();
            out.write(joined(PREFACE, SETTINGS));
            byte[] empty = frame(9, 0, 1);
            out.write(frame(1, 1, 1, HEAD));
            boolean ended = false;
            long most = System.nanoTime() + PATIENCE.toNanos();
            try {
                // Each is whole, and more often than the deadline: the head they belong to is not.
                while (System.nanoTime() < most) {
                    out.write(empty);
                    out.flush();
                    LockSupport.parkNanos(50_000_000);
                }
            } catch (IOException closed) {
                ended = true;
            }
            assertThat(ended).isTrue();
        }
    }

    @Test
    void aLongAnswerAndAnIdleConnectionAreLeftAlone() throws Exception {
        Customer customer = server.customer("1");
        HttpClient client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_2)
                        .sslContext(certificate.trust())
                        .build();
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(server.baseUrl() + "/v1/chat/completions"))
                        .timeout(PATIENCE)
                        .header("authorization", "Bearer " + customer.key())
                        .header("content-type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        body(
                                                "tide",
                                                "{\"output_tokens\": 5, \"first_token_after_ms\":"
                                                        + " 2500}",
                                                "\"max_tokens\": 5")))
                        .build();
        for (int i = 0; i < 2; i++) {
            HttpResponse<String> answer =
                    client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        }
    }

    private SSLSocket open() throws IOException {
        URI url = URI.create(server.baseUrl());
        SSLSocket socket =
                (SSLSocket)
                        certificate
                                .trust()
                                .getSocketFactory()
                                .createSocket(url.getHost(), url.getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    private static boolean ended(SSLSocket socket) {
        byte[] buffer = new byte[8192];
        try {
            InputStream in = socket.getInputStream();
            while (in.read(buffer) >= 0) {
                // Whatever it says before.
            }
            return true;
        } catch (SocketTimeoutException stillOpen) {
            return false;
        } catch (IOException closed) {
            return true;
        }
    }

    private static byte[] frame(int type, int flags, int stream, byte... payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0, 0, (byte) payload.length, (byte) type, (byte) flags});
        out.writeBytes(new byte[] {0, 0, 0, (byte) stream});
        out.writeBytes(payload);
        return out.toByteArray();
    }

    private static byte[] part(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
