package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// One segment's bytes, to look for records in. For one thread.
final class SegmentView implements AutoCloseable {

    private final String name;
    private final long start;
    private final long key;
    private final JournalFile file;
    private final ByteBuffer bytes;
    private final ByteBuffer checked;
    private final CRC32C crc = new CRC32C();

    SegmentView(String name, long start, UUID journalId, JournalFile file) {
        this.name = name;
        this.start = start;
        this.key = SegmentFormat.key(journalId);
        this.file = file;
        this.bytes = file.bytes().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        this.checked = bytes.duplicate();
    }

    String name() {
        return name;
    }

    long start() {
        return start;
    }

    /// What a record's tag differs by from its position.
    long key() {
        return key;
    }

    JournalFile file() {
        return file;
    }

    ByteBuffer bytes() {
        return bytes;
    }

    int length() {
        return bytes.capacity();
    }

    SegmentFormat.@Nullable Seal seal() {
        return SegmentFormat.seal(bytes, start, key);
    }

    /// Where records can lie at most when no seal says more.
    ///
    /// @param nominal the length that the file was made with
    int lastEnd(long nominal) {
        return (int) Math.min(length(), nominal - SegmentFormat.SEAL_BYTES);
    }

    /// The length of the whole record at this offset; 0 when none that is right lies there.
    int recordAt(int offset, int until) {
        if (offset > until - SegmentFormat.RECORD_HEADER_BYTES
                || bytes.getLong(offset + 8) != ((start + offset) ^ key)) {
            return 0;
        }
        int payload = bytes.getInt(offset + 4);
        if (payload < 1 || payload > until - offset - SegmentFormat.RECORD_HEADER_BYTES) {
            return 0;
        }
        int whole = SegmentFormat.recordBytes(payload);
        return whole <= until - offset && bytes.getInt(offset) == crc(offset, whole) ? whole : 0;
    }

    /// The offset of the first right record from here on; -1 when there is none.
    int nextRecord(int from, int until) {
        for (int offset = from;
                offset <= until - SegmentFormat.RECORD_HEADER_BYTES;
                offset += SegmentFormat.ALIGNMENT) {
            if (bytes.getLong(offset + 8) == ((start + offset) ^ key)
                    && recordAt(offset, until) > 0) {
                return offset;
            }
        }
        return -1;
    }

    ByteBuffer payload(int offset) {
        byte[] copy = new byte[bytes.getInt(offset + 4)];
        bytes.get(offset + SegmentFormat.RECORD_HEADER_BYTES, copy);
        return ByteBuffer.wrap(copy);
    }

    void seal(SegmentFormat.Seal seal) {
        SegmentFormat.writeSeal(bytes, start, key, seal);
    }

    /// Behind the last byte in [from, until) that is not zero; `from` when all are.
    int endOfBytes(int from, int until) {
        int offset = until;
        while (offset > from && offset % Long.BYTES != 0 && bytes.get(offset - 1) == 0) {
            offset--;
        }
        if (offset % Long.BYTES == 0) {
            while (offset - Long.BYTES >= from && bytes.getLong(offset - Long.BYTES) == 0) {
                offset -= Long.BYTES;
            }
        }
        while (offset > from && bytes.get(offset - 1) == 0) {
            offset--;
        }
        return offset;
    }

    void zero(int from, int until) {
        file.bytes().asSlice(from, until - from).fill((byte) 0);
    }

    private int crc(int offset, int whole) {
        crc.reset();
        checked.limit(offset + whole).position(offset + 4);
        crc.update(checked);
        return (int) crc.getValue();
    }

    @Override
    public void close() {
        file.close();
    }
}
