package mooring.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mooring.engine.EngineCall;
import mooring.engine.EngineFailure;
import mooring.engine.EngineStream;
import mooring.engine.Heard;
import mooring.ids.IdGenerator;
import mooring.inference.CacheScope;
import mooring.inference.Message;
import mooring.inference.Request;
import mooring.inference.Role;
import mooring.ledger.LedgerWorld;
import mooring.replicas.Replica;
import mooring.replicas.SomeReplicas;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

/// An engine whose machine takes no connection.
class ConnectTimeoutTest {

    private static final int PATIENCE_MILLIS = 300;
    private static final int MOST = 64;

    @Test
    void whoseMachineTakesNoConnectionIsUnreachableOnceTheTimeIsOver() throws IOException {
        Vertx vertx = Vertx.vertx();
        List<Socket> callers = new ArrayList<>();
        try (ServerSocket door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            fill(door, callers);
            Replica replica = SomeReplicas.ready(1, Clock.system()).all().getFirst();
            replica.located(URI.create("http://127.0.0.1:" + door.getLocalPort()), -1);
            EngineAdapters engines =
                    new EngineAdapters(vertx, _ -> null, Duration.ofMillis(PATIENCE_MILLIS));
            Heard heard = new Heard();
            List<EngineStream> opened = new ArrayList<>();

            vertx.getOrCreateContext()
                    .runOnContext(_ -> opened.add(engines.of(replica).open(call(), heard)));

            // Without a time of our own the system would try for two minutes.
            assertThat(heard.failure()).isInstanceOf(EngineFailure.Unreachable.class);
            assertThat(heard.failure().toString()).contains(PATIENCE_MILLIS + " ms");
            // Nothing was sent, so another replica may be asked.
            assertThat(opened.getFirst().dispatched()).isFalse();
        } finally {
            for (Socket caller : callers) {
                caller.close();
            }
            LedgerWorld.get(vertx.close().toCompletionStage());
        }
    }

    /// Until nobody comes in any more: the door has a short queue, and nobody opens.
    private static void fill(ServerSocket door, List<Socket> callers) throws IOException {
        while (callers.size() < MOST) {
            Socket caller = new Socket();
            callers.add(caller);
            try {
                caller.connect(
                        new InetSocketAddress(door.getInetAddress(), door.getLocalPort()),
                        PATIENCE_MILLIS);
            } catch (SocketTimeoutException full) {
                return;
            }
        }
        throw new AssertionError(MOST + " connections and the queue is not full");
    }

    private static EngineCall call() {
        return new EngineCall(
                new IdGenerator(Clock.system()).nextRequest(),
                Request.of(SomeReplicas.MODEL, List.of(Message.of(Role.USER, "hi"))),
                5,
                new CacheScope("a"));
    }
}
