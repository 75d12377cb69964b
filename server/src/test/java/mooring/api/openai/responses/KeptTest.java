package mooring.api.openai.responses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.accounts.Principal;
import mooring.ids.RequestId;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.responses.KeptResponses;
import mooring.testing.Await;
import mooring.testing.Somebody;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeptTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int AT_ONCE = 16;
    private static final int MOST_PROMISED = 8_192;

    private static final Principal SOMEBODY = Somebody.with();

    private final Vertx vertx = Vertx.vertx();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterAll
    void close() {
        threads.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void ofManyAtOnceEachIsKeptWhenItsTurnComes() {
        Store store = new Store();
        Kept kept = new Kept(vertx, store, threads);
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 3 * AT_ONCE; i++) {
            all.add(
                    kept.put(
                            SOMEBODY,
                            new RequestId(new UUID(0, i)),
                            new Kept.Document(
                                    Json.MAPPER.createObjectNode(),
                                    Json.MAPPER.createArrayNode())));
        }
        Await.until("as many as may are at the store", SOON, () -> store.now.get() == AT_ONCE);
        assertThat(all).noneMatch(Future::isComplete);

        store.open.countDown();

        Await.until("all are done", SOON, () -> all.stream().allMatch(Future::isComplete));
        assertThat(all).allMatch(Future::succeeded).allMatch(Future::result);
        assertThat(store.most.get()).isEqualTo(AT_ONCE);
    }

    @Test
    void aRequestThatFindsNoPlaceIsRefusedBeforeItRuns() {
        Kept kept = new Kept(vertx, new Store(), threads);
        List<Runnable> places = new ArrayList<>();
        for (int i = 0; i < MOST_PROMISED; i++) {
            places.add(kept.promise());
        }

        assertThatThrownBy(kept::promise)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused ->
                                assertThat(refused.problem())
                                        .isInstanceOf(Problem.Overloaded.class));
        places.getFirst().run();
        kept.promise().run();
    }

    /// Keeps nobody out, and nobody's response before it is opened.
    private static final class Store implements KeptResponses {

        private final CountDownLatch open = new CountDownLatch(1);
        private final AtomicInteger now = new AtomicInteger();
        private final AtomicInteger most = new AtomicInteger();

        @Override
        public boolean put(Owner owner, RequestId id, byte[] document) {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                open.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            now.decrementAndGet();
            return true;
        }

        @Override
        public Optional<byte[]> get(Owner owner, RequestId id) {
            return Optional.empty();
        }

        @Override
        public boolean delete(Owner owner, RequestId id) {
            return false;
        }
    }
}
