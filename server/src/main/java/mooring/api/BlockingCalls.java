package mooring.api;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Calls of the store beside the event loops: a bounded number at once, and the others wait their
/// turn, in the order in which they came. Who finds no place to wait is told so.
public final class BlockingCalls {

    private static final Logger LOG = LoggerFactory.getLogger(BlockingCalls.class);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final String doing;
    private final Executor blocking;
    private final int places;
    private final Duration longestWait;
    private final Semaphore turns;
    private final AtomicInteger inside = new AtomicInteger();

    /// @param doing what is refused when there is no place: "looking up keys"
    /// @param blocking runs each call on a thread of its own, that may block
    /// @param longestWait for a turn, of one that was not promised its place; what a call then
    ///   takes is the store's to bound
    public BlockingCalls(
            String doing, Executor blocking, int atOnce, int waiting, Duration longestWait) {
        this.doing = doing;
        this.blocking = blocking;
        this.places = atOnce + waiting;
        this.longestWait = longestWait;
        this.turns = new Semaphore(atOnce, true);
    }

    /// Fails with [Problem.Overloaded] where as many wait as may, and with what the call threw.
    public <T> Future<T> call(Context context, Supplier<T> work) {
        int now = inside.incrementAndGet();
        if (now > places) {
            inside.decrementAndGet();
            return Future.failedFuture(overloaded(now - 1));
        }
        return run(context, () -> turnInTime(work));
    }

    /// The same for what was promised a place when its request was let in: it is never refused one,
    /// and waits for its turn as long as it takes, since those that were let in are counted
    /// elsewhere.
    public <T> Future<T> promised(Context context, Supplier<T> work) {
        inside.incrementAndGet();
        return run(
                context,
                () -> {
                    turns.acquire();
                    return turn(work);
                });
    }

    private <T> Future<T> run(Context context, Work<T> work) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            blocking.execute(
                    () -> {
                        try {
                            answer.complete(work.run());
                        } catch (ProblemException e) {
                            answer.completeExceptionally(e);
                        } catch (InterruptedException _) {
                            Thread.currentThread().interrupt();
                            answer.completeExceptionally(
                                    new ProblemException(new Problem.Draining()));
                        } catch (RuntimeException | Error e) {
                            LOG.warn("{}: {}", doing, e.toString());
                            answer.completeExceptionally(
                                    new ProblemException(
                                            new Problem.StoreUnavailable(RETRY_AFTER), e));
                        } finally {
                            inside.decrementAndGet();
                        }
                    });
        } catch (RejectedExecutionException _) {
            inside.decrementAndGet();
            answer.completeExceptionally(new ProblemException(new Problem.Draining()));
        }
        return Future.fromCompletionStage(answer, context);
    }

    private interface Work<T> {
        T run() throws InterruptedException;
    }

    private <T> T turnInTime(Supplier<T> work) throws InterruptedException {
        if (!turns.tryAcquire(longestWait.toMillis(), TimeUnit.MILLISECONDS)) {
            throw overloaded(inside.get());
        }
        return turn(work);
    }

    private <T> T turn(Supplier<T> work) {
        try {
            return work.get();
        } finally {
            turns.release();
        }
    }

    private ProblemException overloaded(int now) {
        return new ProblemException(new Problem.Overloaded(doing, places, now, RETRY_AFTER));
    }
}
