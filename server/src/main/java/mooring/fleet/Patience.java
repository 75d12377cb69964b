package mooring.fleet;

import java.time.Duration;

/// How patient the supervision of an engine is.
///
/// @param startingPoll between two health checks until it serves
/// @param readyPoll between two health checks while it serves
/// @param probe how long one health check may take
/// @param missesUntilNotReady failed checks in a row after which nothing more is sent there
/// @param hang how long it may fail its checks, having served, before it is restarted
/// @param load how long it may take to serve at all
/// @param firstBackOff the delay before the first restart; doubled each time
/// @param maxBackOff the longest delay
/// @param quiet how long it must serve for its past failures to be forgotten
/// @param maxFailedStarts ends without ever having served after which it is given up
/// @param stopGrace how long it may take to end when asked
public record Patience(
        Duration startingPoll,
        Duration readyPoll,
        Duration probe,
        int missesUntilNotReady,
        Duration hang,
        Duration load,
        Duration firstBackOff,
        Duration maxBackOff,
        Duration quiet,
        int maxFailedStarts,
        Duration stopGrace) {
    /// A hung engine is out after at most 2 × (0.5 + 1) s; weights of a large model load for
    /// minutes.
    public static final Patience DEFAULT =
            new Patience(
                    Duration.ofMillis(50),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(1),
                    2,
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(15),
                    Duration.ofMillis(250),
                    Duration.ofSeconds(15),
                    Duration.ofMinutes(1),
                    3,
                    Duration.ofSeconds(5));

    Duration backOff(int failures) {
        int doublings = Math.min(Math.max(failures - 1, 0), 20);
        Duration delay = firstBackOff.multipliedBy(1L << doublings);
        return delay.compareTo(maxBackOff) < 0 ? delay : maxBackOff;
    }
}
