package mooring.metering;

import java.time.Instant;
import mooring.ids.RequestId;

/// The one end of an admitted request: it was charged, or it was let go for nothing.
public sealed interface Outcome permits UsageRecord, Release {

    Acceptance accepted();

    Instant finishedAt();

    Served served();

    default RequestId id() {
        return accepted().id();
    }
}
