package mooring.journal;

import java.util.ArrayList;
import java.util.List;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Makes a journal fit to append to again: behind its last record there is nothing but zeros, and
/// everything before is synced.
final class Recovery {

    /// @param active where to append
    /// @param next the segment behind it, when there is one already
    /// @param segments all of them, in order
    /// @param doubtful those of which a sync has failed
    record Result(
            OpenSegment active,
            @Nullable OpenSegment next,
            List<Segment> segments,
            List<Segment> doubtful,
            List<Damage> damage) {}

    private final JournalStorage storage;
    private final JournalOptions options;
    private final Clock clock;

    private Recovery(JournalStorage storage, JournalOptions options, Clock clock) {
        this.storage = storage;
        this.options = options;
        this.clock = clock;
    }

    static Result run(JournalStorage storage, JournalOptions options, Clock clock) {
        return new Recovery(storage, options, clock).run();
    }

    private Result run() {
        Inspection inspection = Inspection.of(storage, options.journalId(), options.segmentBytes());
        long drained = drained();
        List<Inspection.Found> all = inspection.found();
        int used = inspection.lastUsed();
        List<Inspection.Found> empty = new ArrayList<>(all.subList(used + 1, all.size()));
        List<Segment> segments = new ArrayList<>();
        for (Inspection.Found earlier : all.subList(0, used + 1)) {
            segments.add(earlier.segment());
        }
        // The last process may have died between finishing a segment and syncing it.
        if (used > 0) {
            sync(all.get(used - 1));
        }
        OpenSegment active = null;
        if (used >= 0) {
            Inspection.Found last = all.get(used);
            boolean open = last.state() == Inspection.State.OPEN;
            if (open && last.sound() && inspection.end() >= drained) {
                active = goOn(last);
                segments.removeLast();
            } else if (open && last.headerGood() && whole(last)) {
                seal(last);
            } else {
                sync(last);
            }
        }
        if (active == null) {
            long start =
                    used >= 0
                            ? all.get(used).segment().end()
                            : empty.isEmpty() ? 0 : empty.getFirst().segment().start();
            // A reader of a log without a record has been behind the first header.
            if (drained > start + SegmentFormat.HEADER_BYTES) {
                start = aligned(drained);
            }
            OpenSegment ready = reuse(empty, start);
            active = ready == null ? OpenSegment.create(storage, options, clock, start) : ready;
        }
        segments.add(active.segment());
        OpenSegment next = reuse(empty, active.logicalEnd());
        if (next != null) {
            segments.add(next.segment());
        }
        for (Inspection.Found leftOver : empty) {
            delete(leftOver);
        }
        List<Segment> doubtful =
                all.stream()
                        .filter(Inspection.Found::failed)
                        .map(Inspection.Found::segment)
                        .toList();
        return new Result(active, next, List.copyOf(segments), doubtful, inspection.damage());
    }

    /// The last segment with records, cleared behind them.
    private OpenSegment goOn(Inspection.Found last) {
        SegmentView view = view(last);
        if (last.tailDirty()) {
            view.zero(last.end(), last.bytesEnd());
        }
        view.file().sync();
        return new OpenSegment(view, last.segment(), last.end());
    }

    /// The first of the empty segments, when it starts here and is as it should be; otherwise it
    /// goes. It is taken off the list.
    private @Nullable OpenSegment reuse(List<Inspection.Found> empty, long start) {
        if (empty.isEmpty() || empty.getFirst().segment().start() != start) {
            return null;
        }
        Inspection.Found first = empty.removeFirst();
        if (first.failed()
                || !whole(first)
                || first.fileLength() < SegmentFormat.leastSegmentBytes(options.maxRecordBytes())) {
            delete(first);
            return null;
        }
        SegmentView view = view(first);
        view.zero(0, first.bytesEnd());
        return OpenSegment.begin(view, options, clock);
    }

    private SegmentView view(Inspection.Found found) {
        Segment segment = found.segment();
        return new SegmentView(
                segment.name(), segment.start(), options.journalId(), storage.open(segment.name()));
    }

    private void sync(Inspection.Found found) {
        if (found.failed()) {
            return;
        }
        try (JournalFile file = storage.open(found.segment().name())) {
            file.sync();
        }
    }

    /// No more is appended to this file. If a sync of it has failed, the seal is not synced either:
    /// should it be lost, that is told as damage, which it may be.
    private void seal(Inspection.Found last) {
        try (SegmentView view = view(last)) {
            if (last.tailDirty()) {
                view.zero(last.end(), last.bytesEnd());
            }
            view.seal(new SegmentFormat.Seal(last.end(), clock.now().toEpochMilli()));
            if (!last.failed()) {
                view.file().sync();
            }
        }
    }

    /// Up to where a reader has been, which may be behind the last record that is still readable.
    /// What is appended now must not come to lie before that, where nobody would look for it.
    private long drained() {
        if (!storage.names().contains(Checkpoint.NAME)) {
            return 0;
        }
        try (Checkpoint checkpoint = Checkpoint.open(storage, options.journalId())) {
            return checkpoint.drained();
        }
    }

    private static boolean whole(Inspection.Found found) {
        return found.fileLength() == found.segment().length();
    }

    private static long aligned(long position) {
        return (position + SegmentFormat.ALIGNMENT - 1) & -SegmentFormat.ALIGNMENT;
    }

    private void delete(Inspection.Found empty) {
        storage.delete(empty.segment().name());
        storage.delete(empty.segment().name() + Inspection.FAILED);
    }
}
