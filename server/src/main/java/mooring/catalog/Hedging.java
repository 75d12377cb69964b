package mooring.catalog;

import java.time.Duration;

/// When a second attempt at a request is sent beside a first one that takes its time.
public sealed interface Hedging {

    /// After this long without content.
    record After(Duration delay) implements Hedging {
        public After {
            if (delay.compareTo(Duration.ofMillis(1)) < 0) {
                throw new IllegalArgumentException(
                        "hedge_after: " + delay + " (expected: 1ms or more)");
            }
        }
    }

    /// After the time within which so many of a hundred of the model's last answers had content.
    record Percentile(int percent) implements Hedging {
        public Percentile {
            if (percent < 50 || percent > 99) {
                throw new IllegalArgumentException(
                        "hedge_after: p" + percent + " (expected: p50..p99)");
            }
        }
    }
}
