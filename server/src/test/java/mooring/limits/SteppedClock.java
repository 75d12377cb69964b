package mooring.limits;

import java.time.Duration;
import java.time.Instant;
import mooring.time.Clock;

/// A clock that stands still until a test moves it, for both of its readings. Moved only while no
/// other thread reads it.
public final class SteppedClock implements Clock {

    private Instant now;
    private long nanos;

    public SteppedClock(String start) {
        this.now = Instant.parse(start);
    }

    public void pass(Duration time) {
        now = now.plus(time);
        nanos += time.toNanos();
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public long monotonicNanos() {
        return nanos;
    }
}
