package mooring.metering;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import mooring.inference.Usage;

/// One request's record under way. Used by one thread at a time; ends once, by [#settle] or
/// [#release].
public interface Metered {

    /// Completes, on `loop`, when the record of the admission survives a loss of power. The first
    /// content waits for it.
    CompletionStage<Void> durable(Executor loop);

    /// What the caller will have received once the next write to the socket is done. From here on a
    /// killed process still bills that much.
    void progress(Usage delivered);

    /// Completes, on `loop`, when the record survives a loss of power; from then on it is booked
    /// exactly once, whatever happens. Fails with [MeterException] when it cannot be written.
    CompletionStage<Void> settle(UsageRecord record, Executor loop);

    /// Ends with nothing charged. Returns at once.
    void release(Release release);
}
