package mooring.journal;

import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Walks over the segments of a log, around what is damaged. It maps each file for itself, so that
/// a segment may be deleted behind its back.
final class SegmentReader implements Journal.Reader {

    private final JournalStorage storage;
    private final UUID journalId;
    private final Supplier<List<Segment>> segments;
    private final LongSupplier limit;
    private final Consumer<Damage> damaged;
    private long position;
    private @Nullable SegmentView view;
    private long segmentEnd;
    private int until;

    /// @param limit up to where there are records to be read now; never falls
    SegmentReader(
            JournalStorage storage,
            UUID journalId,
            Supplier<List<Segment>> segments,
            LongSupplier limit,
            long position,
            Consumer<Damage> damaged) {
        this.storage = storage;
        this.journalId = journalId;
        this.segments = segments;
        this.limit = limit;
        this.position = position;
        this.damaged = damaged;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public Journal.@Nullable Entry next() {
        while (true) {
            long now = limit.getAsLong();
            if (position >= now) {
                return null;
            }
            SegmentView here = view;
            if (here == null || position >= segmentEnd) {
                if (!enter(now)) {
                    return null;
                }
                continue;
            }
            int from = (int) (position - here.start());
            if (from >= until) {
                SegmentFormat.Seal seal = now >= segmentEnd ? here.seal() : null;
                until = until(here, seal, now);
                if (from >= until) {
                    leave(here, seal, from);
                    continue;
                }
            }
            int whole = here.recordAt(from, until);
            if (whole > 0) {
                position += whole;
                return new Journal.Entry(position - whole, position, here.payload(from));
            }
            skip(here, from, now);
        }
    }

    private int until(SegmentView here, SegmentFormat.@Nullable Seal seal, long limit) {
        if (seal != null) {
            return seal.end();
        }
        return (int) Math.min(lastEnd(here), limit - here.start());
    }

    private int lastEnd(SegmentView here) {
        return here.lastEnd(segmentEnd - here.start());
    }

    /// Opens the segment in which the position lies, or the first one behind it.
    private boolean enter(long now) {
        close();
        List<Segment> known = segments.get();
        for (Segment segment : known) {
            if (segment.end() <= position) {
                continue;
            }
            if (segment.start() > position) {
                // What is before the first one was trimmed; what is between two should be there.
                if (!segment.equals(known.getFirst())) {
                    damaged.accept(
                            new Damage(
                                    Damage.Kind.MISSING,
                                    SegmentFormat.name(position),
                                    0,
                                    segment.start() - position,
                                    position));
                }
                position = segment.start();
            }
            JournalFile file;
            try {
                file = storage.open(segment.name());
            } catch (JournalException e) {
                if (segments.get().contains(segment)) {
                    throw e;
                }
                // Trimmed in this moment.
                return enter(now);
            }
            SegmentView entered = new SegmentView(segment.name(), segment.start(), journalId, file);
            view = entered;
            segmentEnd = segment.end();
            position = Math.max(position, segment.start() + SegmentFormat.HEADER_BYTES);
            until = until(entered, now >= segmentEnd ? entered.seal() : null, now);
            return true;
        }
        return false;
    }

    /// Goes on to the next segment, and looks at what lies behind this one's last record.
    private void leave(SegmentView here, SegmentFormat.@Nullable Seal seal, int from) {
        int seals = lastEnd(here);
        int stray = here.endOfBytes(Math.min(from, seals), seals);
        if (stray > from) {
            damaged.accept(damage(here, Damage.Kind.STRAY, from, stray));
        }
        if (seal == null && here.endOfBytes(seals, here.length()) > seals) {
            damaged.accept(damage(here, Damage.Kind.STRAY, seals, here.length()));
        }
        position = segmentEnd;
    }

    private void skip(SegmentView here, int from, long now) {
        int next = here.nextRecord(from + SegmentFormat.ALIGNMENT, until);
        if (next >= 0) {
            damaged.accept(damage(here, Damage.Kind.RECORDS, from, next));
            position = here.start() + next;
            return;
        }
        boolean sealLost =
                now >= segmentEnd
                        && here.seal() == null
                        && here.endOfBytes(from, until) == from
                        && here.endOfBytes(until, here.length()) > until;
        // Nothing but zeros up to an unreadable seal: it is the seal that is damaged.
        if (!sealLost) {
            damaged.accept(damage(here, Damage.Kind.RECORDS, from, until));
        }
        position = here.start() + until;
    }

    private static Damage damage(SegmentView view, Damage.Kind kind, int from, int until) {
        return new Damage(kind, view.name(), from, until - from, view.start() + from);
    }

    @Override
    public void close() {
        SegmentView open = view;
        if (open != null) {
            open.close();
            view = null;
        }
    }
}
