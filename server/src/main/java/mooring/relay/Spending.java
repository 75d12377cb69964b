package mooring.relay;

import io.vertx.core.Future;
import mooring.engine.EngineFailure;
import mooring.inference.Usage;
import mooring.metering.Ending;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// The money side of a running answer, which the gateway answers for. On the request's context.
public interface Spending {

    /// Completes when the admission is on disk; before that nothing of the answer passes. Of an
    /// answer in one piece at once: it passes behind its settlement, which is on disk later still.
    Future<Void> recorded();

    /// What the caller will have with the next write: should this process be killed, that is
    /// billed.
    void progress(Count delivered);

    /// Content begins to pass: from here on no other attempt is made.
    default void contentBegun() {}

    /// The engine has said something.
    default void heard() {}

    /// What can be true of an engine's count: no more than the request could have.
    default Usage believable(Usage counted) {
        return counted;
    }

    /// Whether who computes the answer bills all of it, cancelled or not.
    default boolean billsCancelled() {
        return false;
    }

    /// Output tokens, over all choices, that are covered now.
    long coveredOutput();

    /// Covers more output. Fails with a [mooring.problem.ProblemException] that names what cannot
    /// carry it, or because nobody can say.
    Future<Void> coverMore();

    /// Books what was used and ends the hold; succeeds once that is durable.
    Future<Receipt> settle(Ending ending, Count count);

    /// Ends the hold with nothing charged.
    ///
    /// @param problem what the caller is told; null when the caller is gone
    void release(@Nullable Problem problem);

    /// The attempt failed before any content; whoever sends the next one has the word now.
    void attemptFailed(EngineFailure failure);
}
