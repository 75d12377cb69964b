package mooring.metering.journal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;
import mooring.journal.Journal;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Deletes what nobody needs of the journal any more: everything in it is booked and ended, a
/// verified backup has it, and the journal's own retention is over.
///
/// It remembers how far was booked at which times, since its start. So after a start nothing is
/// deleted until a backup has been made that is younger. For one thread.
public final class JournalTrim {

    /// How far was booked at a time.
    private record Mark(Instant at, long position) {}

    private static final Duration BETWEEN_MARKS = Duration.ofMinutes(10);
    private static final int MAX_MARKS = 2048;

    /// A backup's time is the database's; a node further off than half of this is not ready.
    private static final Duration CLOCKS_DIFFER = Duration.ofSeconds(10);

    private final Journal journal;
    private final Drain drain;
    private final Supplier<@Nullable Instant> lastVerifiedBackup;
    private final Clock clock;
    private final Deque<Mark> marks = new ArrayDeque<>();

    /// @param lastVerifiedBackup when the snapshot of the newest verified backup was taken; null
    ///   while there is none
    public JournalTrim(
            Journal journal,
            Drain drain,
            Supplier<@Nullable Instant> lastVerifiedBackup,
            Clock clock) {
        this.journal = journal;
        this.drain = drain;
        this.lastVerifiedBackup = lastVerifiedBackup;
        this.clock = clock;
    }

    /// To be called every few minutes.
    ///
    /// @return how many segments are gone
    public int trimOnce() {
        Instant now = clock.now();
        if (marks.isEmpty() || !now.isBefore(marks.getLast().at().plus(BETWEEN_MARKS))) {
            thinOut();
            marks.add(new Mark(now, Math.min(drain.drained(), drain.oldestOpen())));
        }
        Instant backup = lastVerifiedBackup.get();
        if (backup == null) {
            return 0;
        }
        long before = -1;
        Instant latest = backup.minus(CLOCKS_DIFFER);
        while (!marks.isEmpty() && !marks.getFirst().at().isAfter(latest)) {
            before = marks.removeFirst().position();
            if (marks.isEmpty() || marks.getFirst().at().isAfter(latest)) {
                // The newest that counts stays: retention may end later.
                marks.addFirst(new Mark(latest, before));
                break;
            }
        }
        return before < 0 ? 0 : journal.trim(before);
    }

    /// Every other one of very many: the log is then only kept a little longer.
    private void thinOut() {
        if (marks.size() < MAX_MARKS) {
            return;
        }
        List<Mark> all = new ArrayList<>(marks);
        marks.clear();
        for (int index = 0; index < all.size(); index += 2) {
            marks.add(all.get(index));
        }
    }
}
