package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// One running thing's place in a `ProgressTable`: whose it is, and its six numbers in two copies
/// that are written in turn. For one thread at a time.
final class ProgressSlot {

    static final int BYTES = 128;
    static final int VALUES = 6;

    private static final int ID_BYTES = 16;
    private static final int COPY_BYTES = 56;
    private static final int SEQUENCE_OFFSET = 4;
    private static final int VALUES_OFFSET = 8;

    private final ByteBuffer bytes;
    private final ByteBuffer checked;
    private final CRC32C crc = new CRC32C();
    private int sequence;

    /// @param bytes the slot's own 128 bytes
    ProgressSlot(ByteBuffer bytes) {
        this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
        this.checked = bytes.duplicate();
    }

    /// Writes the owner down, with all numbers 0.
    void claim(UUID id) {
        bytes.putLong(0, id.getMostSignificantBits());
        bytes.putLong(8, id.getLeastSignificantBits());
        sequence = 0;
        write(0, 0, 0, 0, 0, 0);
    }

    void write(long v0, long v1, long v2, long v3, long v4, long v5) {
        sequence++;
        int at = copy(sequence);
        bytes.putInt(at + SEQUENCE_OFFSET, sequence);
        bytes.putLong(at + VALUES_OFFSET, v0);
        bytes.putLong(at + VALUES_OFFSET + 8, v1);
        bytes.putLong(at + VALUES_OFFSET + 16, v2);
        bytes.putLong(at + VALUES_OFFSET + 24, v3);
        bytes.putLong(at + VALUES_OFFSET + 32, v4);
        bytes.putLong(at + VALUES_OFFSET + 40, v5);
        bytes.putInt(at, crc(at));
    }

    /// Makes both copies invalid before the owner goes.
    void free() {
        for (int offset = ID_BYTES; offset < BYTES; offset += Long.BYTES) {
            bytes.putLong(offset, 0);
        }
        bytes.putLong(0, 0);
        bytes.putLong(8, 0);
    }

    @Nullable UUID owner() {
        UUID id = new UUID(bytes.getLong(0), bytes.getLong(8));
        return id.getMostSignificantBits() == 0 && id.getLeastSignificantBits() == 0 ? null : id;
    }

    /// The newest numbers that are whole; null when neither copy is.
    long @Nullable [] read() {
        int newest = -1;
        for (int at = ID_BYTES; at < BYTES; at += COPY_BYTES) {
            int found = bytes.getInt(at + SEQUENCE_OFFSET);
            if (found != 0 && bytes.getInt(at) == crc(at) && (newest < 0 || found - sequence > 0)) {
                newest = at;
                sequence = found;
            }
        }
        if (newest < 0) {
            return null;
        }
        long[] values = new long[VALUES];
        for (int index = 0; index < VALUES; index++) {
            values[index] = bytes.getLong(newest + VALUES_OFFSET + index * Long.BYTES);
        }
        return values;
    }

    /// Whether anything was written in a copy, whole or not.
    boolean touched() {
        for (int offset = ID_BYTES; offset < BYTES; offset += Long.BYTES) {
            if (bytes.getLong(offset) != 0) {
                return true;
            }
        }
        return false;
    }

    private static int copy(int sequence) {
        return ID_BYTES + (sequence & 1) * COPY_BYTES;
    }

    /// Over the owner and the copy without the checksum itself.
    private int crc(int at) {
        crc.reset();
        checked.limit(ID_BYTES).position(0);
        crc.update(checked);
        checked.limit(at + COPY_BYTES).position(at + SEQUENCE_OFFSET);
        crc.update(checked);
        return (int) crc.getValue();
    }
}
