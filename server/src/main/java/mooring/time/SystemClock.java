package mooring.time;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// The machine's clock, cut to microseconds so that an instant survives PostgreSQL unchanged.
final class SystemClock implements Clock {

    @Override
    public Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MICROS);
    }

    @Override
    public long monotonicNanos() {
        return System.nanoTime();
    }
}
