package mooring.metering.journal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import mooring.ids.OrganizationId;
import mooring.ids.RequestId;
import mooring.journal.Checkpoint;
import mooring.journal.Journal;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows the journal's tail and books every end of a request, batch by batch. What was booked
/// before a crash and comes again is harmless, so that live work and replay are the same.
///
/// One thread at a time steps it; its figures may be read from any. It holds one batch in memory,
/// however long the store is away: what it could not book it reads again.
public final class Drain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

    /// @param maxOutcomes ends of requests in one batch
    /// @param maxRecords records read for one batch, admissions among them
    /// @param checkpointEvery how often the checkpoint is written; what came after it is booked
    ///   again after a crash
    public record Options(int maxOutcomes, int maxRecords, Duration checkpointEvery) {
        public static final Options DEFAULT = new Options(8_192, 32_768, Duration.ofSeconds(1));

        public Options {
            if (maxOutcomes < 1 || maxRecords < maxOutcomes || checkpointEvery.isNegative()) {
                throw new IllegalArgumentException(
                        "maxOutcomes %d, maxRecords %d, checkpointEvery %s (expected: 1 or more, as"
                                        .formatted(maxOutcomes, maxRecords, checkpointEvery)
                                + " many or more, 0 or more)");
            }
        }
    }

    /// What is booked in one step.
    private static final class Batch {
        final List<Outcome> outcomes = new ArrayList<>();
        final List<Journal.Entry> entries = new ArrayList<>();
        final List<Refused> refused = new ArrayList<>();
        long end;
        boolean full;
    }

    private record Refused(@Nullable RequestId id, ByteBuffer record, String reason) {}

    private final Journal journal;
    private final Checkpoint checkpoint;
    private final UsageBooks books;
    private final RefusedRecords refusedRecords;
    private final DrainListener listener;
    private final Clock clock;
    private double sharing;
    private final Options options;
    private final OpenRequests open = new OpenRequests(false);
    private Journal.@Nullable Reader reader;
    private long checkpointedNanos;

    private volatile long drained;
    private volatile long oldestOpen;
    private final AtomicLong outcomes = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private volatile long caughtUpNanos;
    private volatile @Nullable Instant oldestUndrained;

    /// Reads what is open from before the checkpoint on.
    public Drain(
            Journal journal,
            Checkpoint checkpoint,
            UsageBooks books,
            RefusedRecords refusedRecords,
            DrainListener listener,
            Clock clock,
            Options options) {
        this.journal = journal;
        this.checkpoint = checkpoint;
        this.books = books;
        this.refusedRecords = refusedRecords;
        this.listener = listener;
        this.clock = clock;
        this.options = options;
        this.drained = checkpoint.drained();
        this.caughtUpNanos = clock.monotonicNanos();
        this.checkpointedNanos = caughtUpNanos;
        try (Journal.Reader from = journal.reader(checkpoint.oldestOpen())) {
            for (Journal.Entry entry = from.next();
                    entry != null && entry.position() < drained;
                    entry = from.next()) {
                open.read(entry);
            }
        }
        this.oldestOpen = open.oldest(drained);
    }

    /// Books what has been synced since, up to one batch.
    ///
    /// @return whether there may be more to book at once, because the batch was full
    /// @throws RuntimeException when the store or the disk cannot do it now: the next step tries
    ///   the same again. Nothing is lost
    public boolean drainOnce() {
        boolean booked = false;
        try {
            Batch batch = gather();
            keep(batch);
            List<UsageBooks.Booking> bookings = book(batch);
            booked = true;
            tell(batch, bookings);
            advance(batch);
            if (!batch.full) {
                caughtUpNanos = clock.monotonicNanos();
            }
            if (clock.monotonicNanos() - checkpointedNanos >= options.checkpointEvery().toNanos()) {
                checkpoint();
            }
            return batch.full;
        } finally {
            if (!booked) {
                rewind();
            }
        }
    }

    /// Writes down how far it has come.
    ///
    /// @throws mooring.journal.JournalException when the disk does not take it
    public void checkpoint() {
        checkpointedNanos = clock.monotonicNanos();
        if (checkpoint.drained() != drained || checkpoint.oldestOpen() != oldestOpen) {
            checkpoint.write(drained, oldestOpen);
        }
    }

    /// Up to this position everything is booked.
    public long drained() {
        return drained;
    }

    /// Whether every end before this position is booked.
    public boolean drainedPast(long position) {
        return drained >= position;
    }

    /// Where the admission of the oldest request begins whose end is not booked.
    public long oldestOpen() {
        return oldestOpen;
    }

    /// Ends booked since the start.
    public long outcomes() {
        return outcomes.get();
    }

    /// Of the last batch that booked anything: ends for each organization in it. For the stepping
    /// thread.
    double sharing() {
        return sharing;
    }

    /// Records that nobody could read, since the start.
    public long refused() {
        return refused.get();
    }

    /// How long the oldest synced record has waited to be booked; nothing when none waits.
    public Duration behind() {
        if (drained >= journal.synced()) {
            return Duration.ZERO;
        }
        Duration since = Duration.ofNanos(clock.monotonicNanos() - caughtUpNanos);
        Instant oldest = oldestUndrained;
        Duration age = oldest == null ? since : Duration.between(oldest, clock.now());
        return age.compareTo(since) > 0 ? age : since;
    }

    /// Writes the checkpoint and stops reading.
    @Override
    public void close() {
        try {
            checkpoint();
        } finally {
            rewind();
        }
    }

    private Batch gather() {
        Journal.Reader from = reader;
        if (from == null) {
            from = journal.reader(drained);
            reader = from;
        }
        Batch batch = new Batch();
        batch.end = drained;
        while (batch.outcomes.size() < options.maxOutcomes()
                && batch.entries.size() < options.maxRecords()) {
            Journal.Entry entry = from.next();
            if (entry == null) {
                // What was passed over because it is damaged is done with, too.
                batch.end = Math.max(batch.end, from.position());
                return batch;
            }
            batch.end = entry.end();
            batch.entries.add(entry);
            switch (OutcomeCodec.decode(entry.payload())) {
                case JournalRecord.Accepted _ -> {}
                case JournalRecord.Ended ended -> batch.outcomes.add(ended.outcome());
                case JournalRecord.Unreadable unreadable ->
                        batch.refused.add(
                                new Refused(unreadable.id(), entry.payload(), unreadable.reason()));
            }
        }
        batch.full = true;
        return batch;
    }

    private void keep(Batch batch) {
        for (Refused each : batch.refused) {
            refusedRecords.keep(each.id(), OutcomeCodec.copy(each.record()), each.reason());
            LOG.error("{}: not booked, kept aside: {}", each.id(), each.reason());
        }
    }

    private List<UsageBooks.Booking> book(Batch batch) {
        if (batch.outcomes.isEmpty()) {
            return List.of();
        }
        oldestUndrained = batch.outcomes.getFirst().finishedAt();
        List<UsageBooks.Booking> bookings = books.book(batch.outcomes);
        if (bookings.size() != batch.outcomes.size()) {
            throw new IllegalStateException(
                    "%d bookings (expected: %d)".formatted(bookings.size(), batch.outcomes.size()));
        }
        return bookings;
    }

    private void advance(Batch batch) {
        batch.entries.forEach(open::read);
        outcomes.addAndGet(batch.outcomes.size());
        if (!batch.outcomes.isEmpty()) {
            Set<OrganizationId> organizations = new HashSet<>();
            batch.outcomes.forEach(each -> organizations.add(each.accepted().organization()));
            sharing = (double) batch.outcomes.size() / organizations.size();
        }
        refused.addAndGet(batch.refused.size());
        oldestUndrained = null;
        oldestOpen = open.oldest(batch.end);
        drained = batch.end;
    }

    private void tell(Batch batch, List<UsageBooks.Booking> bookings) {
        for (int index = 0; index < bookings.size(); index++) {
            Outcome outcome = batch.outcomes.get(index);
            try {
                listener.booked(outcome, bookings.get(index));
            } catch (Throwable e) {
                // It is booked, and must not be told again as a repetition to those before.
                LOG.error("{}: booked, but who was to be told failed", outcome.id(), e);
            }
        }
    }

    private void rewind() {
        Journal.Reader old = reader;
        reader = null;
        if (old != null) {
            old.close();
        }
    }
}
