package mooring.journal;

import java.nio.ByteBuffer;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// A segment that takes records, or is ready to. Guarded by its journal's `appending`, except
/// `write`, which its `writing` guards, and `sync`.
final class OpenSegment implements AutoCloseable {

    private final SegmentView view;
    private final Segment segment;
    private final Gathered gathered;
    private final int limit;
    private int offset;
    private SegmentFormat.@Nullable Seal seal;

    /// As taken to be written.
    private SegmentFormat.@Nullable Seal takenSeal;

    /// @param offset behind its last record
    OpenSegment(SegmentView view, Segment segment, int offset) {
        this.view = view;
        this.segment = segment;
        this.gathered = new Gathered(view.start(), view.key());
        this.limit = view.lastEnd(segment.length());
        this.offset = offset;
    }

    /// A new file, its header synced.
    static OpenSegment create(
            JournalStorage storage, JournalOptions options, Clock clock, long start) {
        String name = SegmentFormat.name(start);
        SegmentView view =
                new SegmentView(
                        name,
                        start,
                        options.journalId(),
                        storage.create(name, options.segmentBytes()));
        try {
            return begin(view, options, clock);
        } catch (RuntimeException e) {
            view.close();
            // Otherwise the next attempt would find its name taken.
            storage.delete(name);
            throw e;
        }
    }

    /// A file of zeros becomes a segment.
    static OpenSegment begin(SegmentView view, JournalOptions options, Clock clock) {
        long now = clock.now().toEpochMilli();
        SegmentFormat.writeHeader(
                view.bytes(),
                new SegmentFormat.Header(
                        SegmentFormat.VERSION,
                        options.journalId(),
                        view.start(),
                        view.length(),
                        now));
        view.file().sync();
        return new OpenSegment(
                view,
                new Segment(
                        view.name(),
                        view.start(),
                        view.length(),
                        view.start() + view.length(),
                        now),
                SegmentFormat.HEADER_BYTES);
    }

    Segment segment() {
        return segment;
    }

    long start() {
        return segment.start();
    }

    /// Where the next segment starts.
    long logicalEnd() {
        return segment.end();
    }

    /// The position behind the last record.
    long end() {
        return view.start() + offset;
    }

    int room() {
        return limit - offset;
    }

    /// Whether a record of this length may wait to be written, behind those that do.
    boolean gathers(int whole) {
        return gathered.fits(whole);
    }

    void append(ByteBuffer payload, int whole) {
        gathered.add(offset, payload, whole);
        offset += whole;
    }

    /// Takes no more records, and will say so in the file, once all of them are written.
    Segment finish(long nowMillis) {
        seal = new SegmentFormat.Seal(offset, nowMillis);
        return new Segment(segment.name(), segment.start(), segment.length(), end(), nowMillis);
    }

    /// Sets aside what is not written yet, for `write`.
    void take() {
        gathered.take();
        takenSeal = seal;
        seal = null;
    }

    void write() {
        gathered.write(view.file());
        SegmentFormat.Seal last = takenSeal;
        if (last != null) {
            view.seal(last);
            takenSeal = null;
        }
    }

    void sync() {
        view.file().sync();
    }

    @Override
    public void close() {
        view.close();
    }
}
