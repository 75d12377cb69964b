package mooring.metering;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An admitted request that is not charged, because no answer reached its caller.
///
/// @param problem the code of what the caller was told, null when the caller had gone away
public record Release(
        Acceptance accepted, Instant finishedAt, @Nullable String problem, Served served)
        implements Outcome {}
