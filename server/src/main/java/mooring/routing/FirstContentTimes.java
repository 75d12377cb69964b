package mooring.routing;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/// How long a model's last answers took to their first content. Safe from any thread.
public final class FirstContentTimes {

    private static final int KEPT = 256;

    /// Fewer than this say nothing of a percentile.
    static final int LEAST = 32;

    /// Answers after which what is asked for is worked out anew.
    private static final int FRESH = 16;

    private final long[] nanos = new long[KEPT];
    private int count;
    private int knownAt;
    private int knownPercentile;
    private long known;

    public synchronized void took(long spanNanos) {
        nanos[count % KEPT] = spanNanos;
        count = count == Integer.MAX_VALUE ? KEPT : count + 1;
    }

    /// The span within which so many of a hundred had content; empty while too few are known.
    public synchronized Optional<Duration> percentile(int percent) {
        int kept = Math.min(count, KEPT);
        if (kept < LEAST) {
            return Optional.empty();
        }
        if (percent != knownPercentile || count - knownAt >= FRESH || count < knownAt) {
            long[] sorted = Arrays.copyOf(nanos, kept);
            Arrays.sort(sorted);
            known = sorted[Math.min(kept - 1, kept * percent / 100)];
            knownAt = count;
            knownPercentile = percent;
        }
        return Optional.of(Duration.ofNanos(known));
    }
}
