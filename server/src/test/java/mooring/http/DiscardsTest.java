package mooring.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.testing.Await;
import org.junit.jupiter.api.Test;

class DiscardsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void aBodyThatIsThrownAwayStopsNobodyElsesTimer() throws IOException {
        Vertx vertx = Vertx.vertx();
        try {
            AtomicInteger ticks = new AtomicInteger();
            // The first one of a process has the number 0, as certificates' reload has.
            assertThat(vertx.setPeriodic(1, _ -> ticks.incrementAndGet())).isZero();
            AtomicBoolean discarded = new AtomicBoolean();
            Discards discards = new Discards();
            int port =
                    vertx.createHttpServer()
                            .requestHandler(request -> discard(vertx, discards, request, discarded))
                            .listen(0, "127.0.0.1")
                            .toCompletionStage()
                            .toCompletableFuture()
                            .join()
                            .actualPort();
            try (Socket caller = new Socket(InetAddress.getLoopbackAddress(), port)) {
                caller.getOutputStream()
                        .write(
                                "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody"
                                        .getBytes(StandardCharsets.US_ASCII));
                Await.until("the body is thrown away", SOON, discarded::get);
            }
            int then = ticks.get();

            Await.until("it goes on", SOON, () -> ticks.get() > then + 2);
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
    }

    private static void discard(
            Vertx vertx, Discards discards, HttpServerRequest request, AtomicBoolean discarded) {
        request.pause();
        discards.discard(
                request,
                vertx.getOrCreateContext(),
                4,
                () -> discarded.set(true),
                () -> discarded.set(false));
    }
}
