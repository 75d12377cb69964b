package mooring.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.replicas.Replica;
import mooring.replicas.SomeReplicas;
import mooring.testing.Await;
import mooring.testing.StepClock;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// How soon a dead engine gets nothing more.
class AddressWatchTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration THREE_SECONDS = Duration.ofSeconds(3);

    private final Replica replica = SomeReplicas.ready(1, new StepClock()).all().getFirst();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();
    private volatile boolean hangs;
    private HttpServer engine;

    @BeforeEach
    void start() throws IOException {
        engine = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
        engine.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        engine.createContext("/health", this::health);
        engine.start();
    }

    @AfterEach
    void stop() {
        engine.stop(0);
    }

    private void health(HttpExchange http) throws IOException {
        if (hangs) {
            unanswered.incrementAndGet();
        } else {
            asked.incrementAndGet();
            http.sendResponseHeaders(200, -1);
            http.close();
        }
    }

    private AddressWatch watch() {
        URI url = URI.create("http://127.0.0.1:" + engine.getAddress().getPort());
        return AddressWatch.start(replica, url, null, () -> {}, Clock.system());
    }

    @Test
    void anEngineThatHangsIsOutAfterSoManyQuestionsAsFitIntoThreeSeconds() {
        try (AddressWatch _ = watch()) {
            Await.until("it is asked", SOON, () -> asked.get() > 1);
            hangs = true;
            Await.until("it is out", SOON, () -> !replica.ready());

            // It may have been asked again at the moment in which it was seen to be out.
            assertThat(unanswered.get()).isLessThanOrEqualTo(AddressWatch.MISSES + 1);
            assertThat(
                            AddressWatch.EVERY
                                    .plus(AddressWatch.PROBE)
                                    .multipliedBy(AddressWatch.MISSES))
                    .isLessThanOrEqualTo(THREE_SECONDS);

            hangs = false;
            Await.until("it is back", SOON, replica::ready);
        }
    }

    @Test
    void anEngineThatIsGoneIsOutAndSaysWhy() {
        try (AddressWatch _ = watch()) {
            Await.until("it is asked", SOON, () -> asked.get() > 1);
            engine.stop(0);
            Await.until("it is out", SOON, () -> !replica.ready());
        }
        assertThat(replica.state()).asString().contains("/health does not answer: ");
    }

    @Test
    void anEngineOfOursThatHangsIsOutInThreeSecondsToo() {
        Patience patience = Patience.DEFAULT;

        assertThat(
                        patience.readyPoll()
                                .plus(patience.probe())
                                .multipliedBy(patience.missesUntilNotReady()))
                .isLessThanOrEqualTo(THREE_SECONDS);
    }
}
