package mooring.problem;

import java.time.Duration;

/// A time to wait in whole seconds, as callers are told it: never less than has to be waited.
public final class Seconds {

    private static final long MILLIS = 1_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private Seconds() {}

    /// Rounded up, and at least one.
    public static long up(Duration wait) {
        return Math.max(1, Math.ceilDiv(millisUp(wait), MILLIS));
    }

    /// In milliseconds, rounded up, and at least one.
    public static long millisUp(Duration wait) {
        return Math.max(1, Math.ceilDiv(wait.toNanos(), NANOS_PER_MILLI));
    }
}
