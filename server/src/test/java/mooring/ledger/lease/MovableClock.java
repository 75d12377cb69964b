package mooring.ledger.lease;

import java.time.Duration;
import java.time.Instant;
import mooring.time.Clock;

/// Time as a test wants it; the wall clock can jump by itself.
final class MovableClock implements Clock {

    private long nanos = 7_000_000_000L;
    private Instant wall = Instant.parse("2026-03-01T12:00:00Z");

    void advance(Duration duration) {
        nanos += duration.toNanos();
        wall = wall.plus(duration);
    }

    /// Somebody sets the machine's clock.
    void jump(Duration duration) {
        wall = wall.plus(duration);
    }

    @Override
    public Instant now() {
        return wall;
    }

    @Override
    public long monotonicNanos() {
        return nanos;
    }
}
