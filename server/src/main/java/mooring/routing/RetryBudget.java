package mooring.routing;

import java.util.concurrent.TimeUnit;
import mooring.time.Clock;

/// How many further attempts a model's traffic may cause: a fifth of its requests, and a few a
/// second beside that, so that a failing fleet is never asked for more than it is used to.
///
/// Safe from any thread.
public final class RetryBudget {

    /// Requests that pay for one further attempt.
    static final int REQUESTS_PER_RETRY = 5;

    /// What is saved up at most: the requests that a replica takes down with it.
    static final int MOST = 500;

    /// What little traffic may count on; so many are there at once, and one comes back a second.
    static final int RESERVE = 10;

    /// A fifth of a retry is the unit, so that nothing is rounded.
    private static final long ONE = REQUESTS_PER_RETRY;

    private final Clock clock;
    private long fifths = RESERVE * ONE;
    private long reserveSince;

    RetryBudget(Clock clock) {
        this.clock = clock;
        this.reserveSince = clock.monotonicNanos();
    }

    /// A request came.
    public synchronized void request() {
        fifths = Math.min(fifths + 1, MOST * ONE);
    }

    /// Takes one further attempt; false when there is none left.
    public synchronized boolean take() {
        replenish();
        if (fifths < ONE) {
            return false;
        }
        fifths -= ONE;
        return true;
    }

    private void replenish() {
        long now = clock.monotonicNanos();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(now - reserveSince);
        if (seconds > 0) {
            reserveSince += TimeUnit.SECONDS.toNanos(seconds);
            fifths = Math.max(fifths, Math.min(fifths + seconds * ONE, RESERVE * ONE));
        }
    }
}
