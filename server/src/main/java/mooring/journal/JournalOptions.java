package mooring.journal;

import java.time.Duration;
import java.util.UUID;

/// How a journal is cut and how long it is kept.
///
/// @param journalId whose log this is; segments of any other are refused
/// @param segmentBytes length of each new segment; those that exist keep theirs
/// @param maxRecordBytes the longest payload that is taken
/// @param retention how long a segment is kept after its last record, though nobody needs it
/// @param maxKeptBytes above this sum the oldest segments that nobody needs go before their time;
///   what is still needed is never deleted, whatever it takes
/// @param appendWait how long an append waits for the next segment before it is refused
public record JournalOptions(
        UUID journalId,
        int segmentBytes,
        int maxRecordBytes,
        Duration retention,
        long maxKeptBytes,
        Duration appendWait) {

    private static final int SEGMENT_BYTES = 64 << 20;
    private static final int MAX_SEGMENT_BYTES = 1 << 30;
    private static final int MAX_RECORD_BYTES = 64 << 10;
    private static final Duration RETENTION = Duration.ofDays(7);
    private static final long MAX_KEPT_BYTES = 32L << 30;
    private static final Duration APPEND_WAIT = Duration.ofMillis(200);

    public JournalOptions {
        int least = SegmentFormat.leastSegmentBytes(maxRecordBytes);
        if (maxRecordBytes < 1) {
            throw new IllegalArgumentException(
                    "maxRecordBytes: %d (expected: at least 1)".formatted(maxRecordBytes));
        }
        if (segmentBytes < least
                || segmentBytes > MAX_SEGMENT_BYTES
                || segmentBytes % SegmentFormat.ALIGNMENT != 0) {
            throw new IllegalArgumentException(
                    "segmentBytes: %d (expected: a multiple of %d in %d..%d)"
                            .formatted(
                                    segmentBytes,
                                    SegmentFormat.ALIGNMENT,
                                    least,
                                    MAX_SEGMENT_BYTES));
        }
        if (retention.isNegative() || appendWait.isNegative() || maxKeptBytes < 0) {
            throw new IllegalArgumentException(
                    "retention %s, appendWait %s, maxKeptBytes %d (expected: none below 0)"
                            .formatted(retention, appendWait, maxKeptBytes));
        }
    }

    /// Segments of 64 MiB, records to 64 KiB, kept for 7 days or 32 GiB.
    public static JournalOptions of(UUID journalId) {
        return new JournalOptions(
                journalId, SEGMENT_BYTES, MAX_RECORD_BYTES, RETENTION, MAX_KEPT_BYTES, APPEND_WAIT);
    }

    public JournalOptions withSegments(int bytes, int recordBytes) {
        return new JournalOptions(
                journalId, bytes, recordBytes, retention, maxKeptBytes, appendWait);
    }

    public JournalOptions withRetention(Duration kept, long keptBytes) {
        return new JournalOptions(
                journalId, segmentBytes, maxRecordBytes, kept, keptBytes, appendWait);
    }

    /// Zero where one thread does everything, so that nobody could end the wait.
    public JournalOptions withAppendWait(Duration wait) {
        return new JournalOptions(
                journalId, segmentBytes, maxRecordBytes, retention, maxKeptBytes, wait);
    }
}
