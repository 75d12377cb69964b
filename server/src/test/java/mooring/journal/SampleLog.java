package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import mooring.time.Clock;

/// Small logs for tests, and how to read them.
final class SampleLog {

    static final UUID ID = UUID.fromString("0198f3aa-1111-7222-8333-944445555666");
    static final int SEGMENT_BYTES = 512;
    static final int MAX_RECORD_BYTES = 100;

    /// One thread does everything.
    static final JournalOptions OPTIONS =
            JournalOptions.of(ID)
                    .withSegments(SEGMENT_BYTES, MAX_RECORD_BYTES)
                    .withAppendWait(Duration.ZERO);

    private SampleLog() {}

    /// @param position where the record begins
    record Written(long position, long end, String text) {}

    static Journal open(JournalStorage storage) {
        return Journal.open(storage, OPTIONS, Clock.system());
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static String text(Journal.Entry entry) {
        return StandardCharsets.UTF_8.decode(entry.payload()).toString();
    }

    /// The next record, which must be there.
    static Journal.Entry next(Journal.Reader reader) {
        Journal.Entry entry = reader.next();
        if (entry == null) {
            throw new AssertionError("no record at " + reader.position());
        }
        return entry;
    }

    /// What was recovered of this owner, which must be there.
    static long[] progress(ProgressTable table, UUID owner) {
        long[] values = table.recover().get(owner);
        if (values == null) {
            throw new AssertionError("nothing of " + owner);
        }
        return values;
    }

    /// Appends and syncs records of many lengths.
    static List<Written> write(Journal journal, int count) {
        Random random = new Random(count);
        List<Written> written = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            String text = (number + ":").repeat(60).substring(0, 10 + random.nextInt(91));
            long end = journal.append(bytes(text));
            long length = SegmentFormat.recordBytes(text.length());
            written.add(new Written(end - length, end, text));
            journal.sync();
        }
        return written;
    }

    static List<Written> readAll(Journal.Reader reader) {
        List<Written> read = new ArrayList<>();
        try (reader) {
            for (Journal.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                read.add(new Written(entry.position(), entry.end(), text(entry)));
            }
        }
        return read;
    }
}
