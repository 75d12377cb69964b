package mooring.testing;

import java.time.Instant;
import mooring.time.Clock;

/// A clock whose instant stands still until a test moves it; waits are measured as they pass.
public final class MovingClock implements Clock {

    private volatile Instant now;
    private final Clock system = Clock.system();

    public MovingClock(String start) {
        this.now = Instant.parse(start);
    }

    public void moveTo(String instant) {
        now = Instant.parse(instant);
    }

    @Override
    public Instant now() {
        return now;
    }

    @Override
    public long monotonicNanos() {
        return system.monotonicNanos();
    }
}
