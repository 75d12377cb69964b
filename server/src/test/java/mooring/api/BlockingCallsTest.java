package mooring.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.testing.Await;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BlockingCallsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch store = new CountDownLatch(1);

    @AfterAll
    void close() {
        threads.shutdownNow();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void whoFindsAllTurnsTakenWaitsAndWhoFindsNoPlaceToWaitIsToldSo() {
        BlockingCalls calls = new BlockingCalls("reading as many things", threads, 1, 2, SOON);
        List<Integer> done = new CopyOnWriteArrayList<>();
        List<Future<Integer>> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            waiting.add(calls.call(context, () -> answer(number, done)));
        }

        Future<Integer> tooMany = calls.call(context, () -> 9);
        Await.until("it is refused", SOON, tooMany::failed);
        waiting.add(calls.promised(context, () -> answer(3, done)));
        assertThat(waiting).noneMatch(Future::isComplete);
        store.countDown();

        assertThat(((ProblemException) tooMany.cause()).problem())
                .isEqualTo(
                        new Problem.Overloaded(
                                "reading as many things", 3, 3, Duration.ofSeconds(2)));
        Await.until("all are served", SOON, () -> waiting.stream().allMatch(Future::succeeded));
        assertThat(done).containsExactlyInAnyOrder(0, 1, 2, 3);
        Future<Integer> later = calls.call(context, () -> 9);
        Await.until("a place is free again", SOON, later::succeeded);
    }

    @Test
    void aTurnThatDoesNotComeInTimeIsARefusalUnlessItWasPromised() {
        BlockingCalls calls =
                new BlockingCalls("reading as many things", threads, 1, 2, Duration.ofMillis(1));
        CountDownLatch end = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        Future<Integer> first =
                calls.call(
                        context,
                        () -> {
                            begun.countDown();
                            return wait(end);
                        });
        wait(begun);
        Future<Integer> second = calls.call(context, () -> 2);
        Future<Integer> promised = calls.promised(context, () -> 3);

        Await.until("it is refused", SOON, second::failed);
        assertThat(((ProblemException) second.cause()).problem())
                .isInstanceOf(Problem.Overloaded.class);
        assertThat(promised.isComplete()).isFalse();
        end.countDown();
        Await.until("the first is served", SOON, first::succeeded);
        Await.until("who was promised a turn has it", SOON, promised::succeeded);
    }

    private int answer(int number, List<Integer> done) {
        wait(store);
        done.add(number);
        return number;
    }

    private static int wait(CountDownLatch latch) {
        try {
            latch.await();
            return 1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
