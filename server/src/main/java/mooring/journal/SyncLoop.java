package mooring.journal;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import mooring.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The two threads that take a journal's steps in production: one syncs as soon as something was
/// appended, one makes the next segment ready, so that no sync waits for it.
///
/// Both park while there is nothing to do; an append wakes the first one only if it is parked for
/// that. A failed sync ends them, and the journal with them.
public final class SyncLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SyncLoop.class);

    /// Nobody needs to be woken by this; it bounds what a lost wake-up could cost.
    private static final Duration LONGEST_PARK = Duration.ofMillis(500);

    private static final Duration STOP = Duration.ofSeconds(10);

    private final Journal journal;
    private final Clock clock;
    private final Gathering gathering;
    private final Thread syncer;
    private final Thread preparer;
    private volatile boolean idle;
    private volatile boolean stopping;

    private SyncLoop(Journal journal, Clock clock) {
        this.journal = journal;
        this.clock = clock;
        this.gathering = new Gathering(clock.monotonicNanos());
        this.syncer = Thread.ofPlatform().daemon().name("journal-sync").unstarted(this::sync);
        this.preparer =
                Thread.ofPlatform().daemon().name("journal-prepare").unstarted(this::prepare);
    }

    public static SyncLoop start(Journal journal, Clock clock) {
        SyncLoop loop = new SyncLoop(journal, clock);
        journal.helpedBy(loop::appended);
        loop.syncer.start();
        loop.preparer.start();
        return loop;
    }

    /// Whether it is parked until the next append.
    boolean idle() {
        return idle;
    }

    /// On the appender's thread, after each append.
    private void appended() {
        if (idle) {
            idle = false;
            LockSupport.unpark(syncer);
        }
    }

    private void sync() {
        long last = clock.monotonicNanos();
        long records = journal.records();
        try {
            while (!stopping) {
                if (journal.appended() == journal.synced()) {
                    idle = true;
                    // Looked at again: an append between the two has not seen the flag.
                    if (journal.appended() == journal.synced() && !stopping) {
                        LockSupport.parkNanos(this, LONGEST_PARK.toNanos());
                    }
                    idle = false;
                    continue;
                }
                long early = last + gathering.intervalNanos() - clock.monotonicNanos();
                if (early > 0) {
                    LockSupport.parkNanos(this, early);
                    continue;
                }
                last = clock.monotonicNanos();
                long covered = journal.records();
                journal.sync();
                gathering.synced(covered - records, clock.monotonicNanos());
                records = covered;
                if (journal.wantsNext()) {
                    LockSupport.unpark(preparer);
                }
            }
        } catch (JournalException e) {
            journal.fail(e);
        } catch (RuntimeException | Error e) {
            journal.fail(
                    new JournalException(
                            JournalException.Kind.SYNC_FAILED, "the sync thread ended: " + e, e));
        }
    }

    private void prepare() {
        while (!stopping && journal.failure().isEmpty()) {
            try {
                if (!journal.wantsNext() || !journal.prepare()) {
                    LockSupport.parkNanos(this, LONGEST_PARK.toNanos());
                }
            } catch (RuntimeException e) {
                LOG.error("the journal's next segment cannot be made ready", e);
                LockSupport.parkNanos(this, LONGEST_PARK.toNanos());
            }
        }
    }

    /// Ends the threads; what was appended last is synced by closing the journal.
    @Override
    public void close() {
        stopping = true;
        LockSupport.unpark(syncer);
        LockSupport.unpark(preparer);
        try {
            if (!syncer.join(STOP) || !preparer.join(STOP)) {
                LOG.warn("the journal's threads still work after {}", STOP);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        journal.helpedBy(null);
    }
}
