package mooring.metering.journal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.journal.Checkpoint;
import mooring.journal.Journal;
import mooring.journal.JournalOptions;
import mooring.journal.JournalStorage;
import mooring.journal.ProgressTable;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import org.jspecify.annotations.Nullable;

/// One life of a node: everything from the journal to the drain, stepped by one thread.
final class Life {

    static final UUID JOURNAL = new UUID(11, 12);

    record Told(Outcome outcome, UsageBooks.Booking booking) {}

    record Kept(@Nullable RequestId id, String reason) {}

    final Journal journal;
    final Checkpoint checkpoint;
    final ProgressTable progress;
    final JournalMeter meter;
    final List<Told> told = new ArrayList<>();
    final List<Kept> kept = new ArrayList<>();
    final ManualClock clock;

    static JournalOptions options() {
        return JournalOptions.of(JOURNAL)
                .withSegments(64 << 10, OutcomeCodec.MAX_BYTES)
                .withAppendWait(Duration.ZERO);
    }

    Life(JournalStorage storage, ManualClock clock) {
        this(storage, clock, options());
    }

    Life(JournalStorage storage, ManualClock clock, JournalOptions options) {
        this.clock = clock;
        journal = Journal.open(storage, options, clock);
        checkpoint = Checkpoint.open(storage, options.journalId());
        progress = ProgressTable.open(storage, options.journalId(), 4096);
        meter = new JournalMeter(journal, progress);
    }

    Recovery.Report recover(NodeEpoch current) {
        return recover(current, Life::priced);
    }

    private static Recovery.Priced priced(Acceptance acceptance, Usage usage) {
        return new Recovery.Priced(Samples.price(usage), UsageRecord.NO_CALLS);
    }

    Recovery.Report recover(NodeEpoch current, Recovery.Pricing pricing) {
        return new Recovery(journal, checkpoint, progress, pricing, clock).recover(current);
    }

    Drain drain(UsageBooks books) {
        return drain(books, new Drain.Options(8, 64, Duration.ZERO));
    }

    Drain drain(UsageBooks books, Drain.Options options) {
        return new Drain(
                journal,
                checkpoint,
                books,
                this::keep,
                (outcome, booking) -> told.add(new Told(outcome, booking)),
                clock,
                options);
    }

    void keep(@Nullable RequestId id, byte[] record, String reason) {
        kept.add(new Kept(id, reason));
    }

    static void all(Drain drain) {
        while (drain.drainOnce()) {
            // Until the tail.
        }
    }
}
