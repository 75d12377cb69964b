package mooring.time;

import java.time.Instant;

/// What time it is, and how much has passed.
///
/// The instant decides business (price version, period); the monotonic reading measures waits and
/// never goes back. Everything that needs either takes a clock, so that tests move it.
public interface Clock {

    Instant now();

    /// Nanoseconds since an arbitrary moment, for differences only.
    long monotonicNanos();

    /// The machine's own clock.
    static Clock system() {
        return new SystemClock();
    }
}
