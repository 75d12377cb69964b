package mooring.metering.journal;

import java.time.Duration;
import java.time.Instant;
import mooring.time.Clock;

/// Time that passes when a test says so.
final class ManualClock implements Clock {
    private Instant now = Samples.NOON.plusSeconds(60);
    private long nanos = 1_000_000_000L;

    synchronized void pass(Duration duration) {
        now = now.plus(duration);
        nanos += duration.toNanos();
    }

    @Override
    public synchronized Instant now() {
        return now;
    }

    @Override
    public synchronized long monotonicNanos() {
        return nanos;
    }
}
