package mooring.journal;

import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The bytes of a segment apart from its records, as the README beside this file describes them.
final class SegmentFormat {

    static final int VERSION = 1;
    static final int ALIGNMENT = 8;
    static final int HEADER_BYTES = 64;
    static final int SEAL_BYTES = 32;
    static final int RECORD_HEADER_BYTES = 16;

    /// "MOORJRNL", read as a little-endian number.
    private static final long MAGIC = 0x4c4e524a524f4f4dL;

    /// "SEAL", likewise.
    private static final int SEAL_MAGIC = 0x4c414553;

    private static final int HEADER_CRC_OFFSET = 60;
    private static final Pattern NAME = Pattern.compile("journal-([0-9a-f]{16})\\.seg");

    private SegmentFormat() {}

    record Header(int version, UUID journalId, long start, long length, long createdMillis) {}

    /// @param end the file offset behind the last record
    record Seal(int end, long sealedMillis) {}

    static String name(long start) {
        return "journal-%016x.seg".formatted(start);
    }

    /// Where a segment of this name starts; -1 when it is no segment's name.
    static long startOf(String name) {
        Matcher matcher = NAME.matcher(name);
        return matcher.matches() ? Long.parseUnsignedLong(matcher.group(1), 16) : -1;
    }

    /// With a payload of this length: header, payload, zeros up to the alignment.
    static int recordBytes(int payloadBytes) {
        return (RECORD_HEADER_BYTES + payloadBytes + ALIGNMENT - 1) & -ALIGNMENT;
    }

    static int leastSegmentBytes(int maxRecordBytes) {
        return HEADER_BYTES + recordBytes(maxRecordBytes) + SEAL_BYTES;
    }

    /// What a record's tag differs by from its position: records of another journal never fit.
    static long key(UUID journalId) {
        return journalId.getMostSignificantBits() ^ journalId.getLeastSignificantBits();
    }

    static void writeHeader(ByteBuffer bytes, Header header) {
        bytes.putLong(0, MAGIC);
        bytes.putInt(8, header.version());
        bytes.putInt(12, HEADER_BYTES);
        bytes.putLong(16, header.journalId().getMostSignificantBits());
        bytes.putLong(24, header.journalId().getLeastSignificantBits());
        bytes.putLong(32, header.start());
        bytes.putLong(40, header.length());
        bytes.putLong(48, header.createdMillis());
        bytes.putInt(56, 0);
        bytes.putInt(HEADER_CRC_OFFSET, crc(bytes, 0, HEADER_CRC_OFFSET));
    }

    /// The header, or null when it is damaged or was never written.
    static @Nullable Header header(ByteBuffer bytes) {
        if (bytes.capacity() < HEADER_BYTES
                || bytes.getLong(0) != MAGIC
                || bytes.getInt(HEADER_CRC_OFFSET) != crc(bytes, 0, HEADER_CRC_OFFSET)) {
            return null;
        }
        return new Header(
                bytes.getInt(8),
                new UUID(bytes.getLong(16), bytes.getLong(24)),
                bytes.getLong(32),
                bytes.getLong(40),
                bytes.getLong(48));
    }

    /// Marks the segment as finished.
    static void writeSeal(ByteBuffer bytes, long start, long key, Seal seal) {
        int at = bytes.capacity() - SEAL_BYTES;
        bytes.putInt(at + 4, SEAL_MAGIC);
        bytes.putLong(at + 8, (start + at) ^ key);
        bytes.putLong(at + 16, seal.end());
        bytes.putLong(at + 24, seal.sealedMillis());
        bytes.putInt(at, crc(bytes, at + 4, SEAL_BYTES - 4));
    }

    /// The seal, or null when the segment has none that is readable.
    static @Nullable Seal seal(ByteBuffer bytes, long start, long key) {
        int at = bytes.capacity() - SEAL_BYTES;
        if (at < HEADER_BYTES
                || bytes.getInt(at + 4) != SEAL_MAGIC
                || bytes.getLong(at + 8) != ((start + at) ^ key)
                || bytes.getInt(at) != crc(bytes, at + 4, SEAL_BYTES - 4)) {
            return null;
        }
        long end = bytes.getLong(at + 16);
        return end < HEADER_BYTES || end > at ? null : new Seal((int) end, bytes.getLong(at + 24));
    }

    private static int crc(ByteBuffer bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(from, length));
        return (int) crc.getValue();
    }
}
