package mooring.testing;

import java.time.Instant;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The system's clock, until a test lets its instant stand still: so no midnight falls into it.
/// Waits are measured as they pass.
public final class StoppableClock implements Clock {

    private final Clock system = Clock.system();
    private volatile @Nullable Instant stoppedAt;

    public void standStill() {
        stoppedAt = system.now();
    }

    @Override
    public Instant now() {
        Instant instant = stoppedAt;
        return instant == null ? system.now() : instant;
    }

    @Override
    public long monotonicNanos() {
        return system.monotonicNanos();
    }
}
