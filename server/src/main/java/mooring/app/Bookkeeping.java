package mooring.app;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import mooring.admin.ReadinessCheck;
import mooring.journal.Checkpoint;
import mooring.journal.FileStorage;
import mooring.journal.Journal;
import mooring.journal.JournalException;
import mooring.journal.JournalOptions;
import mooring.journal.ProgressTable;
import mooring.journal.SyncLoop;
import mooring.ledger.Hold;
import mooring.ledger.LeaseStore;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.lease.LeaseBook;
import mooring.ledger.lease.LeaseKeeper;
import mooring.ledger.lease.LeaseLoop;
import mooring.ledger.lease.LeaseTimings;
import mooring.metering.Meter;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import mooring.metering.journal.Drain;
import mooring.metering.journal.DrainLoop;
import mooring.metering.journal.IsolatingBooks;
import mooring.metering.journal.JournalMeter;
import mooring.metering.journal.JournalTrim;
import mooring.metering.journal.Recovery;
import mooring.metering.journal.RefusedRecords;
import mooring.money.Money;
import mooring.time.Clock;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node's journal, the leases that it admits from, and the threads that step both: opened and
/// recovered before the first request, closed after the last.
final class Bookkeeping {

    private static final Logger LOG = LoggerFactory.getLogger(Bookkeeping.class);

    /// Streams whose progress is written down at once.
    private static final int MAX_STREAMS = 65_536;

    /// Progress is on the disk after this long at the latest: what a loss of power may cost.
    private static final Duration PROGRESS_SYNC = Duration.ofSeconds(1);

    private static final Duration LEASE_TICK = Duration.ofMillis(100);
    private static final Duration TRIM = Duration.ofMinutes(5);

    /// How long a stopping node still gives back what it has leased.
    private static final Duration GIVE_BACK = Duration.ofSeconds(5);

    /// How long a step of the timer may still run when all is closed.
    private static final Duration LAST_STEP = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(50);

    private final NodeEpoch node;
    private final LeaseStore leaseStore;
    private final FileStorage storage;
    private final Journal journal;
    private final SyncLoop syncLoop;
    private final ProgressTable progress;
    private final Checkpoint checkpoint;
    private final JournalMeter meter;
    private final Drain drain;
    private final DrainLoop drainLoop;
    private final long leftUndrained;
    private final LeaseBook leases;
    private final LeaseKeeper keeper;
    private final LeaseLoop leaseLoop;
    private final Thread leaseThread;
    private final Thread earlierLives;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("bookkeeping").factory());

    /// What the books of a store are to this node.
    ///
    /// @param pricing what a usage costs, by the price version of its admission
    /// @param lastVerifiedBackup null while there is none
    record Books(
            UsageBooks usage,
            RefusedRecords refused,
            LeaseStore leases,
            Recovery.Pricing pricing,
            Supplier<@Nullable Instant> lastVerifiedBackup) {}

    /// @throws mooring.journal.JournalException when the journal cannot be opened
    static Bookkeeping open(Path folder, NodeEpoch node, Books books, Clock clock) {
        UUID id = UUID.nameUUIDFromBytes(node.node().getBytes(StandardCharsets.UTF_8));
        return new Bookkeeping(FileStorage.open(folder), id, node, books, clock);
    }

    private Bookkeeping(FileStorage storage, UUID id, NodeEpoch node, Books books, Clock clock) {
        this.node = node;
        this.leaseStore = books.leases();
        this.storage = storage;
        this.journal = Journal.open(storage, JournalOptions.of(id), clock);
        this.checkpoint = Checkpoint.open(storage, id);
        this.progress = ProgressTable.open(storage, id, MAX_STREAMS);
        Recovery.Report found =
                new Recovery(journal, checkpoint, progress, books.pricing(), clock).recover(node);
        this.leftUndrained = found.undrained();
        this.syncLoop = SyncLoop.start(journal, clock);
        this.meter = new JournalMeter(journal, progress);
        this.leases = new LeaseBook(clock, LeaseTimings.DEFAULT);
        this.keeper = new LeaseKeeper(leases, leaseStore, node);
        this.leaseLoop = new LeaseLoop(leases, keeper);
        this.leaseThread = Thread.ofPlatform().daemon().name("leases").start(leaseLoop);
        this.drain =
                new Drain(
                        journal,
                        checkpoint,
                        new IsolatingBooks(books.usage(), books.refused()),
                        books.refused(),
                        this::booked,
                        clock,
                        Drain.Options.DEFAULT);
        this.drainLoop = DrainLoop.start(drain, DrainLoop.Options.DEFAULT, clock);
        every(LEASE_TICK, leases::tick);
        every(PROGRESS_SYNC, this::syncProgress);
        JournalTrim trim = new JournalTrim(journal, drain, books.lastVerifiedBackup(), clock);
        every(TRIM, trim::trimOnce);
        this.earlierLives =
                Thread.ofVirtual().name("earlier-lives").start(() -> closeEarlierLives(found));
    }

    Meter meter() {
        return meter;
    }

    LeaseBook leases() {
        return leases;
    }

    /// How long the oldest charge has waited to be booked.
    Duration behind() {
        return drainLoop.behind();
    }

    /// Up to this position of its journal everything is booked.
    long drained() {
        return drain.drained();
    }

    /// Whether everything that is written down is booked.
    boolean booked() {
        return drain.drainedPast(journal.appended());
    }

    /// Ends of requests that are written down and not booked, earlier lives' included.
    long recordsBehind() {
        return booked()
                ? 0
                : Math.max(
                        0,
                        leftUndrained
                                + meter.counts().outcomes()
                                - drain.outcomes()
                                - drain.refused());
    }

    /// What the journal keeps, from its oldest record to its newest.
    long journalBytes() {
        return journal.appended() - journal.oldest();
    }

    /// What can be written down without new room on the disk.
    long journalRoom() {
        return journal.room();
    }

    List<ReadinessCheck> readiness() {
        return List.of(
                BooksReadiness.journal(journal, meter),
                BooksReadiness.leases(leases, node),
                BooksReadiness.drain(drainLoop::behind));
    }

    /// Tells the leases what a booking drew on them.
    private void booked(Outcome outcome, UsageBooks.Booking booking) {
        if (!(outcome instanceof UsageRecord record) || !record.accepted().node().equals(node)) {
            return;
        }
        Hold hold = record.hold();
        Money charged =
                record.charge().compareTo(hold.amount()) < 0 ? record.charge() : hold.amount();
        if (!charged.positive()) {
            return;
        }
        Money drawn =
                switch (booking) {
                    case UsageBooks.Booking.Settled(_, Money took) -> took;
                    // Booked by a transaction whose answer was lost.
                    case UsageBooks.Booking.Repeated _ -> charged;
                    case UsageBooks.Booking.Conflict _,
                            UsageBooks.Booking.Quarantined _,
                            UsageBooks.Booking.Released _ ->
                            Money.zero(charged.currency());
                };
        leases.booked(new Purse.OfWallet(hold.wallet()), charged, drawn);
        for (Purse.OfBudget budget : hold.budgets()) {
            leases.booked(budget, charged, drawn);
        }
    }

    /// Once everything that earlier lives of this node wrote down is booked, what is left in their
    /// leases goes back.
    private void closeEarlierLives(Recovery.Report found) {
        try {
            while (!drain.drainedPast(found.end())) {
                Thread.sleep(POLL);
            }
            while (true) {
                try {
                    leaseStore.close(node);
                    return;
                } catch (RuntimeException e) {
                    LOG.warn("leases of earlier lives: not closed, trying again: {}", e.toString());
                    Thread.sleep(PROGRESS_SYNC);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void every(Duration period, Runnable step) {
        var _ =
                timer.scheduleWithFixedDelay(
                        () -> {
                            try {
                                step.run();
                            } catch (RuntimeException e) {
                                LOG.error("bookkeeping: a step failed", e);
                            }
                        },
                        period.toMillis(),
                        period.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /// Books what is written down and gives back what is leased, within seconds; the next start
    /// does the rest.
    void close() {
        keeper.close();
        syncOnce();
        drainLoop.close();
        Deadline deadline = Deadline.in(GIVE_BACK);
        try {
            while (!keeper.closed() && !deadline.passed()) {
                Thread.sleep(POLL);
            }
            leaseLoop.close();
            leaseThread.join(deadline.left().plus(POLL));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        earlierLives.interrupt();
        timer.shutdownNow();
        try {
            // A step may be writing to what is closed next.
            if (!timer.awaitTermination(LAST_STEP.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("bookkeeping: a step still runs after {}", LAST_STEP);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        syncLoop.close();
        progress.close();
        checkpoint.close();
        journal.close();
        storage.close();
    }

    /// A stream whose progress is not on the disk may be lost whole, so that no more are begun.
    private void syncProgress() {
        try {
            progress.sync();
        } catch (JournalException e) {
            var _ = journal.fail(e);
        }
    }

    private void syncOnce() {
        try {
            journal.sync();
        } catch (RuntimeException e) {
            LOG.error("the journal was not synced at the end", e);
        }
    }
}
