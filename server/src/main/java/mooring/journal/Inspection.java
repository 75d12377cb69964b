package mooring.journal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What lies in a storage: its segments in order, where the log ends, and what is damaged. Nothing
/// is changed by looking.
///
/// Only the segments from the last one that holds a record onwards are read through; earlier ones
/// are read by whoever reads the log.
final class Inspection {

    static final String FAILED = ".failed";

    /// What a segment holds, as far as the end of the log depends on it.
    enum State {
        /// Before the last one that holds records; not looked into.
        EARLIER,
        /// Finished, and says so.
        SEALED,
        /// Records, and no seal.
        OPEN,
        /// Bytes of which nothing can be recognised. Never written to, never deleted by looking.
        UNKNOWN,
        /// No record.
        EMPTY
    }

    /// @param end the file offset behind the last record
    /// @param bytesEnd the file offset behind the last byte that is not zero
    /// @param sound whether header and length are right, and no sync of it has failed: more may be
    ///   appended
    record Found(
            Segment segment,
            State state,
            boolean headerGood,
            boolean sound,
            boolean failed,
            int fileLength,
            int end,
            int bytesEnd) {

        boolean tailDirty() {
            return bytesEnd > end;
        }
    }

    private final UUID journalId;
    private final List<Found> found;
    private final List<Damage> damage;

    private Inspection(UUID journalId, List<Found> found, List<Damage> damage) {
        this.journalId = journalId;
        this.found = found;
        this.damage = damage;
    }

    UUID journalId() {
        return journalId;
    }

    /// The last segment that is not empty; -1 when all are.
    int lastUsed() {
        for (int index = found.size() - 1; index >= 0; index--) {
            if (found.get(index).state() != State.EMPTY) {
                return index;
            }
        }
        return -1;
    }

    List<Found> found() {
        return found;
    }

    List<Damage> damage() {
        return damage;
    }

    /// Behind the last record of all.
    long end() {
        int last = lastUsed();
        return last < 0 ? 0 : found.get(last).segment().start() + found.get(last).end();
    }

    /// @param expected whose segments they must be; null takes the first readable header's word
    /// @param usualLength of a segment that cannot tell its own
    static Inspection of(JournalStorage storage, @Nullable UUID expected, int usualLength) {
        List<String> all = storage.names();
        List<String> names = all.stream().filter(name -> SegmentFormat.startOf(name) >= 0).toList();
        UUID journalId = expected == null ? idOf(storage, names) : expected;
        Set<String> failed = Set.copyOf(all);
        List<Found> found = new ArrayList<>();
        List<Damage> damage = new ArrayList<>();
        boolean searching = true;
        long nextStart = -1;
        long nextSince = Long.MAX_VALUE;
        for (String name : names.reversed()) {
            Found one =
                    look(
                            storage,
                            name,
                            journalId,
                            searching,
                            failed.contains(name + FAILED),
                            nextStart,
                            nextSince,
                            usualLength,
                            damage);
            long end = one.segment().end();
            if (nextStart >= 0 && end > nextStart) {
                throw new JournalException(
                        JournalException.Kind.FOREIGN,
                        "%s: ends at position %d (expected: %d, where the next one starts)"
                                .formatted(name, end, nextStart));
            }
            searching &= one.state() == State.EMPTY;
            nextStart = one.segment().start();
            nextSince = one.segment().keptSinceMillis();
            found.add(one);
        }
        Collections.reverse(found);
        Collections.reverse(damage);
        return new Inspection(journalId, found, damage);
    }

    private static Found look(
            JournalStorage storage,
            String name,
            UUID journalId,
            boolean searching,
            boolean failed,
            long nextStart,
            long nextSince,
            int usualLength,
            List<Damage> damage) {
        long start = SegmentFormat.startOf(name);
        try (SegmentView view = new SegmentView(name, start, journalId, storage.open(name))) {
            SegmentFormat.Header header = SegmentFormat.header(view.bytes());
            long length = Math.max(view.length(), usualLength);
            if (header != null) {
                check(name, header, journalId, start);
                length = header.length();
            } else if (nextStart >= 0) {
                length = nextStart - start;
            }
            boolean whole = length == view.length();
            SegmentFormat.Seal seal = whole ? view.seal() : null;
            Scan scan;
            if (seal != null) {
                scan = new Scan(State.SEALED, seal.end(), seal.end(), List.of());
            } else if (searching) {
                scan = scan(view, length, header != null);
            } else {
                scan = new Scan(State.EARLIER, view.length(), view.length(), List.of());
            }
            if (scan.bytesEnd() > scan.end()) {
                damage.add(damage(view, Damage.Kind.TORN_TAIL, scan.end(), scan.bytesEnd()));
            }
            damage.addAll(scan.damage().reversed());
            // The last file, when it is all zeros, is one whose making was cut short.
            boolean untouched =
                    header == null && nextStart < 0 && view.endOfBytes(0, view.length()) == 0;
            boolean rewritable = header != null ? whole : untouched || (whole && nextStart < 0);
            // Its records may be gone. What positions they had is not given away again.
            State state = scan.state() == State.EMPTY && !rewritable ? State.UNKNOWN : scan.state();
            if (!whole && !untouched) {
                damage.add(
                        new Damage(
                                Damage.Kind.CUT_OFF,
                                name,
                                view.length(),
                                length - view.length(),
                                start + view.length()));
            }
            if (header == null && !untouched) {
                damage.add(
                        damage(
                                view,
                                Damage.Kind.HEADER,
                                0,
                                Math.min(SegmentFormat.HEADER_BYTES, view.length())));
            }
            long usedEnd = scan.state() == State.SEALED ? start + scan.end() : start + length;
            long since =
                    seal != null
                            ? seal.sealedMillis()
                            : header != null ? header.createdMillis() : nextSince;
            return new Found(
                    new Segment(name, start, length, usedEnd, since),
                    state,
                    header != null,
                    header != null && whole && !failed,
                    failed,
                    view.length(),
                    scan.end(),
                    scan.bytesEnd());
        }
    }

    private record Scan(State state, int end, int bytesEnd, List<Damage> damage) {}

    private static Scan scan(SegmentView view, long nominal, boolean headerGood) {
        int until = view.lastEnd(nominal);
        int end = Math.min(SegmentFormat.HEADER_BYTES, view.length());
        int offset = SegmentFormat.HEADER_BYTES;
        boolean any = false;
        List<Damage> damage = new ArrayList<>();
        while (offset >= 0) {
            int whole = view.recordAt(offset, until);
            if (whole > 0) {
                any = true;
                offset += whole;
                end = offset;
                continue;
            }
            int next = view.nextRecord(offset + SegmentFormat.ALIGNMENT, until);
            if (next >= 0) {
                damage.add(damage(view, Damage.Kind.RECORDS, offset, next));
            }
            offset = next;
        }
        int bytesEnd = view.endOfBytes(end, view.length());
        State state = State.EMPTY;
        if (any) {
            state = State.OPEN;
        } else if (!headerGood && bytesEnd > end) {
            state = State.UNKNOWN;
        }
        return new Scan(state, end, bytesEnd, damage);
    }

    private static Damage damage(SegmentView view, Damage.Kind kind, int from, int until) {
        return new Damage(kind, view.name(), from, until - from, view.start() + from);
    }

    private static void check(
            String name, SegmentFormat.Header header, UUID journalId, long start) {
        if (header.version() != SegmentFormat.VERSION) {
            throw foreign(name, "format version", header.version(), SegmentFormat.VERSION);
        }
        if (!header.journalId().equals(journalId)) {
            throw foreign(name, "of journal", header.journalId(), journalId);
        }
        if (header.start() != start) {
            throw foreign(name, "starts at position", header.start(), start);
        }
    }

    private static JournalException foreign(
            String name, String what, Object found, Object expected) {
        return new JournalException(
                JournalException.Kind.FOREIGN,
                "%s: %s %s (expected: %s)".formatted(name, what, found, expected));
    }

    private static UUID idOf(JournalStorage storage, List<String> names) {
        for (String name : names) {
            try (SegmentView view = new SegmentView(name, 0, new UUID(0, 0), storage.open(name))) {
                SegmentFormat.Header header = SegmentFormat.header(view.bytes());
                if (header != null) {
                    return header.journalId();
                }
            }
        }
        throw new JournalException(
                JournalException.Kind.FOREIGN,
                "%d segments, none with a readable header (expected: at least one)"
                        .formatted(names.size()));
    }
}
