package mooring.relay;

import io.vertx.core.AsyncResult;
import java.util.function.Consumer;

/// Keeps the money set aside ahead of the output: what is not covered may not pass.
final class Cover {

    /// More output is covered when one part in so many of what is covered is left.
    private static final long PARTS = 5;

    private final Spending spending;
    private final Consumer<AsyncResult<Void>> answered;
    private boolean asking;
    private boolean exhausted;

    /// @param answered told when more is covered, or cannot be
    Cover(Spending spending, Consumer<AsyncResult<Void>> answered) {
        this.spending = spending;
        this.answered = answered;
    }

    /// Whether output must wait until more is covered.
    boolean exhausted() {
        return exhausted;
    }

    /// @param output tokens that passed, over all choices
    void watch(long output) {
        long covered = spending.coveredOutput();
        if (!asking && output >= covered - covered / PARTS) {
            asking = true;
            spending.coverMore()
                    .onComplete(
                            answer -> {
                                asking = false;
                                exhausted = false;
                                answered.accept(answer);
                            });
        }
        if (asking && output >= covered) {
            exhausted = true;
        }
    }
}
