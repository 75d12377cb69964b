package mooring.metering;

import java.util.concurrent.CompletionStage;

/// Books usage records exactly once. Never blocks.
public interface Settlements {

    /// Completes when the record is durable: from then on no crash loses it and no repetition books
    /// it again. Transient faults are retried inside; completes exceptionally with
    /// [mooring.problem.ProblemException] (store unavailable) once the retries are used up.
    CompletionStage<Settlement> settle(UsageRecord record);
}
