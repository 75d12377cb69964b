package mooring.crash;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import mooring.time.Clock;

/// Time as the seed wants it. The database's clock is this one; each node's wall clock may be off
/// and jump.
final class SimulatedTime implements Clock {

    static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    private final Instant start;
    private long nanos;

    SimulatedTime(Instant start) {
        this.start = start.truncatedTo(ChronoUnit.MILLIS);
    }

    void advance(long byNanos) {
        nanos += byNanos;
    }

    long startMillis() {
        return start.toEpochMilli();
    }

    @Override
    public Instant now() {
        return start.plusNanos(nanos);
    }

    @Override
    public long monotonicNanos() {
        return nanos;
    }

    /// A machine's own clock.
    static final class OfNode implements Clock {
        private final SimulatedTime time;
        private long skewNanos;

        OfNode(SimulatedTime time) {
            this.time = time;
        }

        void jump(long toNanos) {
            skewNanos = toNanos;
        }

        @Override
        public Instant now() {
            return time.now().plusNanos(skewNanos);
        }

        @Override
        public long monotonicNanos() {
            return time.monotonicNanos();
        }
    }
}
