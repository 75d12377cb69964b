package mooring.testing;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import mooring.time.Clock;

/// A clock that stands still until a test moves it, waits included.
public final class StepClock implements Clock {

    private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");

    private final AtomicLong nanos = new AtomicLong(-1_000_000_000L);

    public void pass(Duration span) {
        nanos.addAndGet(span.toNanos());
    }

    @Override
    public Instant now() {
        return START.plusNanos(nanos.get());
    }

    @Override
    public long monotonicNanos() {
        return nanos.get();
    }
}
