package mooring.gateway;

import java.time.Duration;
import mooring.accounts.Principal;
import mooring.engine.EngineFailure;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.metering.Acceptance;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import mooring.problem.Problem;
import mooring.replicas.Replica;
import org.jspecify.annotations.Nullable;

/// Hears what becomes of requests, for metrics and logs. Must be quick: it runs on the event loop.
public interface Observer {

    /// A request may run: its money is set aside.
    void admitted(ModelId model);

    /// It is known who makes a request.
    default void identified(RequestId id, Principal principal) {}

    /// A request may run, and comes to one end that is told here.
    default void begun(Acceptance accepted) {}

    /// What an engine is told of the trace that it works for, as W3C's `traceparent`; null where
    /// there is none.
    default @Nullable String traceparent(RequestId id) {
        return null;
    }

    /// A request was refused before anything ran.
    default void refused(RequestId id, Problem problem) {
        refused(problem);
    }

    void refused(Problem problem);

    /// A request came to its end and is charged.
    ///
    /// @param settling from the usage record to its being on disk
    void settled(UsageRecord record, Operation operation, Duration settling);

    /// A running request ended with nothing charged.
    ///
    /// @param problem null when the caller went away before anything ran
    void released(Release release, Operation operation, @Nullable Problem problem);

    /// An attempt at a replica failed.
    void attemptFailed(Replica replica, EngineFailure failure);

    /// Another attempt was sent for a request, out of its model's retry budget.
    void retried(ModelId model);

    /// Another attempt was not sent, because the model's retry budget is used up.
    void retryRefused(ModelId model);

    /// A replica failed so often that it sits out for a while.
    void ejected(Replica replica);

    /// What came of a second attempt beside a first one.
    enum Hedge {
        /// It had content first.
        WON,
        /// The first one had, and it was cancelled.
        LOST,
        /// One of the two failed, and the caller was spared it.
        RESCUED
    }

    void hedged(ModelId model, Hedge hedge);

    /// A replica told its final count of an attempt.
    void counted(Replica replica, Usage usage);

    /// An attempt ended without the replica's final count.
    ///
    /// @param billed what is charged of it by our own count
    /// @param atMost what the replica can have computed for it
    void uncounted(Replica replica, Usage billed, Usage atMost);

    /// The record could not be written to disk: it is in the log and nowhere else.
    void unsettled(UsageRecord record, Operation operation, Throwable cause);
}
