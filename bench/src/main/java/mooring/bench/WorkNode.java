package mooring.bench;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import mooring.journal.Checkpoint;
import mooring.journal.FileStorage;
import mooring.journal.Journal;
import mooring.journal.JournalOptions;
import mooring.journal.ProgressTable;
import mooring.journal.SyncLoop;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.lease.LeaseBook;
import mooring.ledger.lease.LeaseKeeper;
import mooring.ledger.lease.LeaseLoop;
import mooring.ledger.lease.LeaseTimings;
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.OutboxAlerts;
import mooring.ledger.store.PostgresBudgetBooks;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.RecallFeed;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import mooring.metering.journal.Drain;
import mooring.metering.journal.DrainLoop;
import mooring.metering.journal.IsolatingBooks;
import mooring.metering.journal.JournalMeter;
import mooring.metering.store.PostgresRefusedRecords;
import mooring.metering.store.PostgresUsageBooks;
import mooring.money.Money;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;

/// A node as far as money goes, wired as the server wires it: leases, journal on disk, drain,
/// books. Several may live in one process.
final class WorkNode {

    private static final Duration TICK = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int MAX_STREAMS = 4_096;

    final NodeEpoch epoch;
    final LeaseBook leases;
    final JournalMeter meter;
    final LongAdder booked = new LongAdder();
    final LongAdder unsettled = new LongAdder();
    private final LeaseKeeper keeper;
    private final LeaseLoop leaseLoop;
    private final Thread leaseThread;
    private final Thread tickThread;
    private final FileStorage storage;
    private final Journal journal;
    private final Checkpoint checkpoint;
    private final ProgressTable progress;
    private final SyncLoop syncLoop;
    private final Drain drain;
    private final DrainLoop drainLoop;
    private final RecallFeed recalls;
    private volatile boolean stopped;

    WorkNode(Payers payers, Path folder, String id, LeaseTimings timings) {
        Clock clock = payers.clock;
        Jdbi jdbi = payers.database.jdbi();
        UUID journalId = UUID.nameUUIDFromBytes(id.getBytes(StandardCharsets.UTF_8));
        this.epoch = new NodeRegistration(jdbi, clock).begin(id);
        this.storage = FileStorage.open(folder);
        this.journal = Journal.open(storage, JournalOptions.of(journalId), clock);
        this.checkpoint = Checkpoint.open(storage, journalId);
        this.progress = ProgressTable.open(storage, journalId, MAX_STREAMS);
        this.syncLoop = SyncLoop.start(journal, clock);
        this.meter = new JournalMeter(journal, progress);
        this.leases = new LeaseBook(clock, timings);
        this.keeper = new LeaseKeeper(leases, new PostgresLeaseStore(jdbi), epoch);
        this.leaseLoop = new LeaseLoop(leases, keeper);
        this.leaseThread = Thread.ofPlatform().daemon().name("leases").start(leaseLoop);
        this.tickThread = Thread.ofPlatform().daemon().name("tick").start(this::tick);
        PostgresRefusedRecords refused = new PostgresRefusedRecords(jdbi, id, clock);
        BudgetBooks budgets = new PostgresBudgetBooks(new OutboxAlerts(), clock);
        UsageBooks books = new PostgresUsageBooks(jdbi, id, clock, payers.ids, budgets);
        this.drain =
                new Drain(
                        journal,
                        checkpoint,
                        new IsolatingBooks(books, refused),
                        refused,
                        this::booked,
                        clock,
                        Drain.Options.DEFAULT);
        this.drainLoop = DrainLoop.start(drain, DrainLoop.Options.DEFAULT, clock);
        this.recalls = new RecallFeed(jdbi, leases::recalled);
    }

    /// Decides on the calling thread, however long that takes.
    static HoldDecision now(HoldDecision decision) {
        return decision instanceof HoldDecision.Waiting(var later)
                ? later.toCompletableFuture().join()
                : decision;
    }

    /// Until everything written down so far is booked.
    void awaitBooked() throws InterruptedException {
        Machine.await(epoch + " booked", PATIENCE, () -> drain.drainedPast(journal.appended()));
    }

    /// Gives everything back, as at a planned stop.
    void leave() throws InterruptedException {
        keeper.close();
        awaitBooked();
        Machine.await(
                epoch + " gives back",
                PATIENCE,
                () -> {
                    LockSupport.unpark(leaseThread);
                    return keeper.closed();
                });
        vanish();
    }

    /// As kill -9: whatever it has leased stays so.
    void vanish() throws InterruptedException {
        stopped = true;
        recalls.close();
        leaseLoop.close();
        leaseThread.join(PATIENCE);
        tickThread.join(PATIENCE);
        drainLoop.close();
        syncLoop.close();
        progress.close();
        checkpoint.close();
        journal.close();
        storage.close();
    }

    private void booked(Outcome outcome, UsageBooks.Booking booking) {
        booked.increment();
        if (!(outcome instanceof UsageRecord record)
                || !(booking instanceof UsageBooks.Booking.Settled(_, Money drawn))) {
            unsettled.increment();
            return;
        }
        Hold hold = record.hold();
        Money charged =
                record.charge().compareTo(hold.amount()) < 0 ? record.charge() : hold.amount();
        leases.booked(new Purse.OfWallet(hold.wallet()), charged, drawn);
    }

    private void tick() {
        while (!stopped) {
            leases.tick();
            LockSupport.parkNanos(TICK.toNanos());
        }
    }
}
