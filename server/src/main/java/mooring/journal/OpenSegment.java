package mooring.journal;

import java.nio.ByteBuffer;
import mooring.time.Clock;

/// A segment that takes records, or is ready to. Guarded by its journal's lock, except `sync`.
final class OpenSegment implements AutoCloseable {

    private final SegmentView view;
    private final Segment segment;
    private final int limit;
    private int offset;

    /// @param offset behind its last record
    OpenSegment(SegmentView view, Segment segment, int offset) {
        this.view = view;
        this.segment = segment;
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

    void append(ByteBuffer payload, int whole) {
        view.write(offset, payload, whole);
        offset += whole;
    }

    /// Takes no more records, and says so.
    Segment seal(long nowMillis) {
        view.seal(new SegmentFormat.Seal(offset, nowMillis));
        return new Segment(segment.name(), segment.start(), segment.length(), end(), nowMillis);
    }

    void sync() {
        view.file().sync();
    }

    @Override
    public void close() {
        view.close();
    }
}
