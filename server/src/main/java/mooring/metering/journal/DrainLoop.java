package mooring.metering.journal;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import mooring.time.Clock;
import mooring.time.Deadline;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that drains the journal in production. Nothing that a step throws ends it: as long as
/// the process lives, it tries again.
public final class DrainLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DrainLoop.class);

    /// @param window how long a batch gathers; the longer, the less work for the store, the later a
    ///   charge is seen
    /// @param busyWindow how long while many charges come of some wallets: those of one share its
    ///   rows
    /// @param firstPause after a failed step; doubled with each further one
    /// @param longestPause between two tries while the store is away
    /// @param closeWithin how long a stopping process still books
    public record Options(
            Duration window,
            Duration busyWindow,
            Duration firstPause,
            Duration longestPause,
            Duration closeWithin) {
        public static final Options DEFAULT =
                new Options(
                        Duration.ofMillis(50),
                        Duration.ofMillis(500),
                        Duration.ofMillis(20),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(15));
    }

    /// While nothing works, this often a line in the log.
    private static final Duration COMPLAIN_EVERY = Duration.ofSeconds(30);

    private static final double NANOS_A_SECOND = 1e9;

    /// Charges a second from which on there are many.
    private static final long BUSY_RATE = 400;

    /// Charges for each organization in a batch, from which on a longer one would have several, and
    /// from which on it stays worth the wait. Of organizations with one charge each a long batch
    /// only holds PostgreSQL up, and with it whoever waits for a first lease.
    private static final double SHARED = 1.15;

    private static final double SHARED_WHILE_BUSY = 2;

    private static final Duration INTERRUPTED_WAIT = Duration.ofSeconds(2);

    private final Drain drain;
    private final Options options;
    private final Clock clock;
    private final Thread thread;
    private volatile boolean closing;
    private volatile Deadline closeBy = new Deadline(0);
    private volatile int failures;
    private long complainedNanos;
    private long steppedNanos;
    private long steppedOutcomes;
    private boolean busy;

    private DrainLoop(Drain drain, Options options, Clock clock) {
        this.drain = drain;
        this.options = options;
        this.clock = clock;
        this.steppedNanos = clock.monotonicNanos();
        this.thread = Thread.ofPlatform().daemon().name("drain").unstarted(this::run);
    }

    public static DrainLoop start(Drain drain, Options options, Clock clock) {
        DrainLoop loop = new DrainLoop(drain, options, clock);
        loop.thread.start();
        return loop;
    }

    /// Whether the last step worked, and there is somebody to take the next one.
    public boolean healthy() {
        return failures == 0 && thread.isAlive();
    }

    /// How long the oldest synced record has waited to be booked. It grows while the store is away
    /// or does not answer.
    public Duration behind() {
        return drain.behind();
    }

    /// Books what is synced, within the deadline; what is left is booked after the next start.
    @Override
    public void close() {
        closeBy = Deadline.in(options.closeWithin());
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(options.closeWithin())) {
                thread.interrupt();
                if (!thread.join(INTERRUPTED_WAIT)) {
                    LOG.warn("the drain still waits for the store; the next start goes on with it");
                }
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closing) {
            if (!step()) {
                LockSupport.parkNanos(this, pauseNanos());
            }
        }
        // Once more from here: what was synced before closing.
        boolean more = true;
        while (!closeBy.passed() && !Thread.interrupted() && (more || failures > 0)) {
            more = step();
            if (failures > 0) {
                LockSupport.parkNanos(this, pauseNanos());
            }
        }
        try {
            drain.close();
        } catch (RuntimeException e) {
            LOG.error("the drain's last checkpoint was not written", e);
        }
    }

    /// @return whether there is more to do at once
    private boolean step() {
        try {
            boolean more = drain.drainOnce();
            if (failures > 0) {
                LOG.info("the drain works again after {} failures", failures);
            }
            failures = 0;
            lookAtTheRate();
            return more;
        } catch (Throwable e) {
            // Errors too: this thread is the only one that books.
            failed(e);
            return false;
        }
    }

    private void lookAtTheRate() {
        long now = clock.monotonicNanos();
        long outcomes = drain.outcomes();
        long nanos = now - steppedNanos;
        if (nanos >= options.window().toNanos()) {
            busy =
                    (outcomes - steppedOutcomes) * NANOS_A_SECOND >= BUSY_RATE * nanos
                            && drain.sharing() >= (busy ? SHARED_WHILE_BUSY : SHARED);
            steppedNanos = now;
            steppedOutcomes = outcomes;
        }
    }

    private void failed(Throwable e) {
        int before = failures;
        failures = Math.min(before + 1, Integer.MAX_VALUE - 1);
        long now = clock.monotonicNanos();
        if (before == 0 || now - complainedNanos >= COMPLAIN_EVERY.toNanos()) {
            complainedNanos = now;
            LOG.error("not booked (failure {}), trying again: {}", failures, e.toString(), e);
        }
    }

    private long pauseNanos() {
        if (failures == 0) {
            return (busy ? options.busyWindow() : options.window()).toNanos();
        }
        long doubled = options.firstPause().toNanos() << Math.min(failures - 1, 20);
        return Math.min(doubled, options.longestPause().toNanos());
    }
}
