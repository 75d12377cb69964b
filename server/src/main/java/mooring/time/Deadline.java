package mooring.time;

import java.time.Duration;

/// The moment at which waiting ends, shared by the steps of one undertaking.
///
/// For blocking code that waits for the operating system or another process, which no test's clock
/// can move.
public record Deadline(long endNanos) {

    public static Deadline in(Duration duration) {
        return new Deadline(System.nanoTime() + duration.toNanos());
    }

    public boolean passed() {
        return System.nanoTime() - endNanos >= 0;
    }

    /// What is left, never negative.
    public Duration left() {
        return Duration.ofNanos(Math.max(0, endNanos - System.nanoTime()));
    }

    /// What is left, but not more than this.
    public Duration atMost(Duration most) {
        Duration left = left();
        return left.compareTo(most) < 0 ? left : most;
    }
}
