package mooring.crash;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import mooring.catalog.ModelPrice;
import mooring.ids.RequestId;
import mooring.inference.ServiceTier;
import mooring.inference.Usage;
import mooring.journal.Checkpoint;
import mooring.journal.Journal;
import mooring.journal.JournalException;
import mooring.journal.JournalOptions;
import mooring.journal.MemoryStorage;
import mooring.journal.ProgressTable;
import mooring.ledger.Hold;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.lease.LeaseBook;
import mooring.ledger.lease.LeaseKeeper;
import mooring.ledger.lease.LeaseTimings;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import mooring.metering.journal.Drain;
import mooring.metering.journal.IsolatingBooks;
import mooring.metering.journal.JournalMeter;
import mooring.metering.journal.Recovery;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import mooring.rating.Rating;
import org.jspecify.annotations.Nullable;

/// One life of a node: the product's own parts from the journal to the leases, put together as the
/// server does it, and stepped by the simulation in place of threads.
final class Life {

    static final ModelPrice PRICE =
            new ModelPrice(
                    Rate.parse("0.50"),
                    Rate.parse("0.10"),
                    Rate.parse("0.60"),
                    Rate.parse("0.90"),
                    Rate.parse("1.00"));

    private static final int SEGMENT_BYTES = 32 << 10;
    private static final int RECORD_BYTES = 2 << 10;
    private static final int SLOT_BYTES = 128;
    private static final Drain.Options DRAIN = new Drain.Options(64, 256, Duration.ofMillis(5));

    final Pulse pulse = new Pulse();
    final Line line;
    final NodeEpoch node;
    final Journal journal;
    final Checkpoint checkpoint;
    final ProgressTable progress;
    final JournalMeter meter;
    final LeaseBook book;
    final LeaseKeeper keeper;
    final Drain drain;
    private final Simulation simulation;
    private final Machine machine;
    private final long earlierEnd;
    private boolean earlierClosed;
    private boolean wake;
    private long stepAt;

    /// @throws Killed when it dies while it starts
    /// @throws Away when the store is not there
    Life(Simulation simulation, Machine machine, int beats) {
        this.simulation = simulation;
        this.machine = machine;
        pulse.dieAfter(beats);
        line = new Line(simulation.bank, simulation.network, pulse, simulation.random);
        line.calm = simulation.calm;
        node = line.begin(machine.name);
        machine.begun(node);
        UUID id = machine.journal;
        CrashingStorage storage = new CrashingStorage(machine.disk, pulse);
        JournalOptions options =
                JournalOptions.of(id)
                        .withSegments(SEGMENT_BYTES, RECORD_BYTES)
                        .withRetention(Duration.ZERO, 0)
                        .withAppendWait(Duration.ZERO);
        journal = Journal.open(storage, options, machine.clock);
        checkpoint = Checkpoint.open(storage, id);
        progress = ProgressTable.open(storage, id, 4096);
        if (simulation.fault == Fault.RECOVERY_SKIPPED) {
            earlierEnd = journal.appended();
        } else {
            Recovery recovery =
                    new Recovery(
                            journal,
                            checkpoint,
                            progress,
                            (_, usage) -> {
                                pulse.beat();
                                return new Recovery.Priced(price(usage), UsageRecord.NO_CALLS);
                            },
                            machine.clock);
            earlierEnd = recovery.recover(node).end();
        }
        meter = new JournalMeter(journal, progress);
        book = new LeaseBook(machine.clock, LeaseTimings.DEFAULT);
        book.onWork(() -> wake = true);
        keeper = new LeaseKeeper(book, line, node);
        drain =
                new Drain(
                        journal,
                        checkpoint,
                        new IsolatingBooks(books(), this::refused),
                        this::refused,
                        this::booked,
                        machine.clock,
                        DRAIN);
        pulse.dieAfter(Integer.MAX_VALUE);
    }

    static Money price(Usage usage) {
        return Rating.total(usage, UsageRecord.NO_CALLS, ServiceTier.STANDARD, PRICE, Currency.USD);
    }

    void sync() {
        try {
            journal.sync();
        } catch (JournalException failed) {
            // The journal knows, and admits nothing any more.
        }
    }

    void syncProgress() {
        try {
            progress.sync();
            machine.progressSynced();
        } catch (JournalException failed) {
            var _ = journal.fail(failed);
        }
    }

    /// Leases, when there is something to do or its time has come.
    void keep() {
        long now = machine.clock.monotonicNanos();
        if (wake || now >= stepAt) {
            wake = false;
            stepAt = now + keeper.step();
        }
    }

    /// @return whether there is more to book at once
    boolean drainOnce() {
        try {
            return drain.drainOnce();
        } catch (Away | JournalException away) {
            return false;
        }
    }

    /// Whether it can go on as it is.
    boolean healthy() {
        return journal.failure().isEmpty() && !book.lost() && meter.counts().unwritten() == 0;
    }

    void closeEarlierLives() {
        boolean early = simulation.fault == Fault.LEASE_CLOSED_BEFORE_DRAIN;
        if (!earlierClosed && (early || drain.drainedPast(earlierEnd))) {
            try {
                line.close(node);
                earlierClosed = true;
            } catch (Away away) {
                // Another time.
            }
        }
    }

    void trim() {
        var _ =
                journal.trim(
                        simulation.fault == Fault.TRIM_BEFORE_DRAIN
                                ? journal.synced()
                                : Math.min(drain.drained(), drain.oldestOpen()));
    }

    private UsageBooks books() {
        if (simulation.fault != Fault.CHECKPOINT_BEFORE_BOOKING) {
            return line;
        }
        return outcomes -> {
            checkpoint.write(journal.synced(), Math.min(drain.oldestOpen(), journal.synced()));
            return line.book(outcomes);
        };
    }

    /// As the server tells its leases.
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
                    case UsageBooks.Booking.Repeated _ -> charged;
                    case UsageBooks.Booking.Conflict _,
                            UsageBooks.Booking.Quarantined _,
                            UsageBooks.Booking.Released _ ->
                            Money.zero(charged.currency());
                };
        book.booked(new Purse.OfWallet(hold.wallet()), charged, drawn);
    }

    private void refused(@Nullable RequestId id, byte[] record, String reason) {
        simulation.findings.add(id + ": set aside unbooked: " + reason);
    }

    /// Forgets what the progress table says of a request, as if its slot had been freed.
    static void forgetProgress(MemoryStorage disk, UUID id) {
        byte[] slots = disk.get("progress-0000.slots");
        ByteBuffer words = ByteBuffer.wrap(slots).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = SLOT_BYTES; at < slots.length; at += SLOT_BYTES) {
            if (words.getLong(at) == id.getMostSignificantBits()
                    && words.getLong(at + Long.BYTES) == id.getLeastSignificantBits()) {
                Arrays.fill(slots, at, at + SLOT_BYTES, (byte) 0);
            }
        }
    }
}
