package mooring.journal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/// Records of one segment that wait to be written: framed, one behind the other, as they will lie
/// in the file. Two buffers take turns, so that appending goes on while one of them is written.
///
/// `fits`, `add` and `take` are guarded by the journal's `appending`, `take` and `write` by its
/// `writing`: what was taken is nobody else's until it is written.
final class Gathered {

    /// No more than this waits, or one record that is larger: whoever has more writes this first.
    static final int MAX_BYTES = 1 << 20;

    /// A buffer that grew beyond this is not kept once it is written.
    static final int KEPT_BYTES = 256 << 10;

    private static final int FIRST_BYTES = 16 << 10;
    private static final byte[] NONE = {};
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final long start;
    private final long key;
    private final CRC32C crc = new CRC32C();

    private byte[] filling = NONE;
    private int filled;
    private int fillingOffset;

    private byte[] taken = NONE;
    private int takenBytes;
    private int takenOffset;

    /// @param start the segment's position
    /// @param key of its journal
    Gathered(long start, long key) {
        this.start = start;
        this.key = key;
    }

    /// Whether a record of this length may wait, too.
    boolean fits(int whole) {
        return filled == 0 || filled + whole <= MAX_BYTES;
    }

    /// Frames a record: checksum, length, tag, padding and all.
    ///
    /// @param offset in the file, right behind the record that was added before
    void add(int offset, ByteBuffer payload, int whole) {
        int at = filled;
        if (filling.length - at < whole) {
            int capacity = Math.max(at + whole, Math.max(FIRST_BYTES, 2 * filling.length));
            filling = Arrays.copyOf(filling, capacity);
        }
        if (at == 0) {
            fillingOffset = offset;
        }
        byte[] into = filling;
        int length = payload.remaining();
        int from = at + SegmentFormat.RECORD_HEADER_BYTES;
        INT.set(into, at + 4, length);
        LONG.set(into, at + 8, (start + offset) ^ key);
        payload.get(payload.position(), into, from, length);
        Arrays.fill(into, from + length, at + whole, (byte) 0);
        crc.reset();
        crc.update(into, at + 4, whole - 4);
        INT.set(into, at, (int) crc.getValue());
        filled = at + whole;
    }

    /// Sets aside what waits, to be written.
    void take() {
        if (takenBytes > 0) {
            throw new IllegalStateException(
                    "%d bytes were taken and not written (expected: 0)".formatted(takenBytes));
        }
        byte[] empty = taken;
        taken = filling;
        takenBytes = filled;
        takenOffset = fillingOffset;
        filling = empty;
        filled = 0;
    }

    /// Writes what was taken.
    void write(JournalFile file) {
        if (takenBytes > 0) {
            file.write(takenOffset, taken, takenBytes);
            takenBytes = 0;
            if (taken.length > KEPT_BYTES) {
                taken = NONE;
            }
        }
    }

    /// Bytes of memory that it keeps.
    int held() {
        return filling.length + taken.length;
    }
}
