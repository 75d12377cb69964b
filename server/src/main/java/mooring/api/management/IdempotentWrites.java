package mooring.api.management;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Answers of writes by the key that their callers chose, so that a repeat after a lost answer does
/// nothing again.
///
/// In this node's memory: a restart forgets them. Money does not come here; the ledger keeps its
/// own keys for good.
final class IdempotentWrites {

    private static final Duration KEPT_FOR = Duration.ofHours(24);
    private static final int MAX_KEPT = 10_000;

    /// How long a repeat waits for the first call, which is still running.
    private static final Duration WAIT_FOR_FIRST = Duration.ofSeconds(30);

    private record Write(String what, CompletableFuture<Answer> answer) {}

    private final Cache<String, Write> writes =
            Caffeine.newBuilder().expireAfterWrite(KEPT_FOR).maximumSize(MAX_KEPT).build();

    /// @param what everything that makes the write: operation, target and body
    Answer once(@Nullable String key, String what, Supplier<Answer> write) {
        if (key == null) {
            return write.get();
        }
        Write mine = new Write(what, new CompletableFuture<>());
        Write first = writes.asMap().putIfAbsent(key, mine);
        if (first == null) {
            return perform(key, mine, write);
        }
        if (!first.what().equals(what)) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "Idempotency-Key: \""
                                    + key
                                    + "\" was used for another call (expected: a new key for each"
                                    + " intended write)"));
        }
        return repeat(key, first);
    }

    /// A refused write is forgotten, so that the key can be used again once the cause is gone.
    private Answer perform(String key, Write mine, Supplier<Answer> write) {
        try {
            Answer answer = write.get();
            mine.answer()
                    .complete(new Answer(answer.status(), answer.repeated(), answer.repeated()));
            return answer;
        } catch (RuntimeException | Error e) {
            writes.asMap().remove(key, mine);
            mine.answer().completeExceptionally(e);
            throw e;
        }
    }

    private static Answer repeat(String key, Write first) {
        try {
            return first.answer().get(WAIT_FOR_FIRST.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ProblemException problem
                    ? problem
                    : new ProblemException(new Problem.Internal(), e);
        } catch (TimeoutException _) {
            throw new ProblemException(
                    new Problem.Conflict(
                            "Idempotency-Key: \""
                                    + key
                                    + "\" belongs to a call that is still running (expected: a"
                                    + " repeat after it has ended)"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProblemException(new Problem.Draining(), e);
        }
    }
}
