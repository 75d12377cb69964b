package mooring.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.replicas.Replica;
import mooring.replicas.SomeReplicas;
import mooring.testing.Await;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// An engine elsewhere that does not answer its checks: busy, or dead.
class BusyEngineTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    /// More than it takes to be taken out.
    private static final int MANY = 4;

    private final Replica replica = SomeReplicas.ready(1, Clock.system()).all().iterator().next();
    private final AtomicInteger unanswered = new AtomicInteger();
    private ServerSocket server;
    private AddressWatch watch;
    private volatile boolean answering = true;
    private volatile Runnable onProbe = () -> {};

    @BeforeEach
    void open() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::serve);
        URI url = URI.create("http://127.0.0.1:" + server.getLocalPort());
        AtomicInteger asked = new AtomicInteger();
        watch = AddressWatch.start(replica, url, null, asked::incrementAndGet, Clock.system());
        Await.until("it is asked", SOON, () -> asked.get() > 0);
        assertThat(replica.ready()).isTrue();
        answering = false;
    }

    @AfterEach
    void close() throws IOException {
        watch.close();
        server.close();
    }

    @Test
    void anEngineThatWorksForUsMayLeaveItsChecksUnanswered() {
        try (Replica.Booking _ = replica.book()) {
            manyGoUnanswered();
            assertThat(replica.ready()).isTrue();
        }
    }

    @Test
    void anEngineWhoseAnswersComeIsNotDead() {
        onProbe = replica::heard;
        manyGoUnanswered();
        assertThat(replica.ready()).isTrue();
    }

    @Test
    void anEngineThatDoesNothingAndAnswersNothingIsOut() {
        Await.until("it is out", SOON, () -> replica.state() instanceof Replica.State.Down);
    }

    @Test
    void anEngineThatIsGoneIsOutWhateverItHadToDo() throws IOException {
        try (Replica.Booking _ = replica.book()) {
            server.close();
            Await.until("it is out", SOON, () -> replica.state() instanceof Replica.State.Down);
        }
    }

    private void manyGoUnanswered() {
        Await.until("many go unanswered", SOON, () -> unanswered.get() >= MANY);
    }

    private void serve() {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException _) {
            // Closed by the test.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            if (in.read() < 0) {
                return;
            }
            if (answering) {
                socket.getOutputStream()
                        .write(
                                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                                        .getBytes(StandardCharsets.US_ASCII));
                return;
            }
            onProbe.run();
            in.readAllBytes();
            unanswered.incrementAndGet();
        } catch (IOException e) {
            if (!server.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
