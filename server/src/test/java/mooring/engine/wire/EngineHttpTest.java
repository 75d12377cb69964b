package mooring.engine.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EngineHttpTest {

    private static final Duration SOON = Duration.ofSeconds(40);
    private static final int PIECE = 16 * 1024;
    private static final String END_OF_HEAD = "\r\n\r\n";

    private final Vertx vertx = Vertx.vertx();

    @AfterAll
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @ParameterizedTest
    @CsvSource({"500, the engine answered 500", "200, an answer without an end"})
    void anAnswerWithoutAnEndIsCutAndNotGathered(int status, String expected) throws IOException {
        try (Endless engine = new Endless(status, PIECE)) {
            Future<Buffer> asked = engine.asked(vertx);
            Await.until("it is given up", SOON, asked::isComplete);

            assertThat(failure(asked))
                    .isInstanceOfSatisfying(
                            EngineFailure.Broken.class,
                            broken -> assertThat(broken.message()).contains(expected));
            Await.until("the engine is left", SOON, () -> engine.left);
        }
    }

    @Test
    void anErrorThatIsToldForEverIsTakenForWhatHasCome() throws IOException {
        try (Endless engine = new Endless(503, 0)) {
            Future<Buffer> asked = engine.asked(vertx);
            Await.until("it is given up", SOON, asked::isComplete);

            assertThat(failure(asked)).isInstanceOf(EngineFailure.Busy.class);
        }
    }

    private static EngineFailure failure(Future<Buffer> asked) {
        return ((EngineException) asked.cause()).failure();
    }

    /// Answers one request with a head and then with pieces for ever, or with nothing more.
    private static final class Endless implements AutoCloseable {

        private final ServerSocket server =
                new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        private volatile boolean left;

        Endless(int status, int piece) throws IOException {
            Thread.ofVirtual().start(() -> answer(status, piece));
        }

        Future<Buffer> asked(Vertx vertx) {
            URI base = URI.create("http://127.0.0.1:" + server.getLocalPort());
            return new EngineHttp(vertx, base, null).call(HttpMethod.GET, "/any", null);
        }

        private void answer(int status, int piece) {
            try (Socket socket = server.accept()) {
                readHead(socket.getInputStream());
                OutputStream out = socket.getOutputStream();
                out.write(
                        ("HTTP/1.1 " + status + " said\r\ntransfer-encoding: chunked\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                byte[] chunk =
                        (Integer.toHexString(piece) + "\r\n" + "x".repeat(piece) + "\r\n")
                                .getBytes(StandardCharsets.US_ASCII);
                while (piece > 0) {
                    out.write(chunk);
                }
                while (socket.getInputStream().read() >= 0) {
                    // Until the caller goes.
                }
                left = true;
            } catch (IOException gone) {
                left = true;
            }
        }

        /// What is said before it is asked belongs to no request: a client may drop it, or leave.
        private static void readHead(InputStream in) throws IOException {
            int ends = 0;
            while (ends < END_OF_HEAD.length()) {
                int next = in.read();
                if (next < 0) {
                    throw new EOFException("the caller left before its request was whole");
                }
                ends = next == END_OF_HEAD.charAt(ends) ? ends + 1 : next == '\r' ? 1 : 0;
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
