package mooring.metering.journal;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import mooring.journal.Journal;
import mooring.journal.JournalStorage;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Books everything that a kept journal holds, whoever wrote it, for after a restore. What is
/// booked already stays as it is, so that it can be done any number of times.
public final class JournalReplay {
    private static final Logger LOG = LoggerFactory.getLogger(JournalReplay.class);
    private static final int BATCH = 512;

    /// @param settled booked now
    /// @param repeated had been booked before
    /// @param refused records that nobody could read, kept aside
    /// @param open admissions without an end; they are not ended by a replay
    /// @param damaged stretches of the journal that do not hold what they should
    public record Counts(
            long records,
            long settled,
            long repeated,
            long released,
            long conflicts,
            long quarantined,
            long refused,
            long open,
            long damaged) {}

    private final UsageBooks books;
    private final RefusedRecords refusedRecords;
    private final Set<String> nodes = new TreeSet<>();

    public JournalReplay(UsageBooks books, RefusedRecords refusedRecords) {
        this.books = books;
        this.refusedRecords = refusedRecords;
    }

    /// The nodes that wrote what was replayed so far.
    public Set<String> nodes() {
        return Set.copyOf(nodes);
    }

    private static final class Tally {
        long records;
        long settled;
        long repeated;
        long released;
        long conflicts;
        long quarantined;
        long refused;
    }

    /// @throws RuntimeException when the store cannot be reached; begin again then
    public Counts replay(JournalStorage storage) {
        Tally tally = new Tally();
        OpenRequests open = new OpenRequests(false);
        AtomicLong damaged = new AtomicLong();
        List<Outcome> batch = new ArrayList<>();
        try (Journal.Reader from =
                Journal.replay(
                        storage,
                        damage -> {
                            damaged.incrementAndGet();
                            LOG.error("the journal is damaged: {}", damage);
                        })) {
            for (Journal.Entry entry = from.next(); entry != null; entry = from.next()) {
                tally.records++;
                open.read(entry);
                switch (OutcomeCodec.decode(entry.payload())) {
                    case JournalRecord.Accepted accepted ->
                            nodes.add(accepted.acceptance().node().node());
                    case JournalRecord.Ended ended -> {
                        nodes.add(ended.outcome().accepted().node().node());
                        batch.add(ended.outcome());
                    }
                    case JournalRecord.Unreadable unreadable -> {
                        refusedRecords.keep(
                                unreadable.id(),
                                OutcomeCodec.copy(entry.payload()),
                                unreadable.reason());
                        tally.refused++;
                    }
                }
                if (batch.size() >= BATCH) {
                    book(batch, tally);
                }
            }
        }
        book(batch, tally);
        return new Counts(
                tally.records,
                tally.settled,
                tally.repeated,
                tally.released,
                tally.conflicts,
                tally.quarantined,
                tally.refused,
                open.all().size(),
                damaged.get());
    }

    private void book(List<Outcome> batch, Tally tally) {
        if (batch.isEmpty()) {
            return;
        }
        for (UsageBooks.Booking booking : books.book(List.copyOf(batch))) {
            switch (booking) {
                case UsageBooks.Booking.Settled _ -> tally.settled++;
                case UsageBooks.Booking.Repeated _ -> tally.repeated++;
                case UsageBooks.Booking.Conflict _ -> tally.conflicts++;
                case UsageBooks.Booking.Quarantined _ -> tally.quarantined++;
                case UsageBooks.Booking.Released _ -> tally.released++;
            }
        }
        batch.clear();
    }
}
