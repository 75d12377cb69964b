package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/// How far a log's reader has come, kept beside the log: up to where everything is done with, and
/// from where on something is still open. For one thread at a time.
///
/// Two copies are written in turn, so that a write that is cut off leaves the one before it. Losing
/// both only means that the log is read from its beginning again.
public final class Checkpoint implements AutoCloseable {

    static final String NAME = "checkpoint";

    private static final int FILE_BYTES = 1024;
    private static final int SLOT_DISTANCE = 512;
    private static final int SLOT_BYTES = 64;
    private static final int CRC_OFFSET = 60;
    private static final int VERSION = 1;

    /// "MOORCKPT", read as a little-endian number.
    private static final long MAGIC = 0x54504b43524f4f4dL;

    private final UUID journalId;
    private final JournalFile file;
    private final ByteBuffer bytes;
    private long sequence;
    private long drained;
    private long oldestOpen;
    private int damagedCopies;

    private Checkpoint(UUID journalId, JournalFile file) {
        this.journalId = journalId;
        this.file = file;
        this.bytes = file.bytes().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    /// @throws JournalException when it is another journal's (`FOREIGN`)
    public static Checkpoint open(JournalStorage storage, UUID journalId) {
        if (storage.names().contains(NAME)) {
            JournalFile there = storage.open(NAME);
            if (there.bytes().byteSize() == FILE_BYTES) {
                Checkpoint checkpoint = new Checkpoint(journalId, there);
                checkpoint.read();
                return checkpoint;
            }
            // Its making was cut short.
            there.close();
            storage.delete(NAME);
        }
        return new Checkpoint(journalId, storage.create(NAME, FILE_BYTES));
    }

    /// Up to this position everything is done with; 0 at the beginning.
    public long drained() {
        return drained;
    }

    /// From this position on something may still be open; never above `drained()`.
    public long oldestOpen() {
        return oldestOpen;
    }

    /// How many of the two copies were unreadable when it was opened.
    public int damagedCopies() {
        return damagedCopies;
    }

    /// Both positions are durable when this returns.
    ///
    /// @throws JournalException when the sync fails
    public void write(long drained, long oldestOpen) {
        if (oldestOpen < 0 || oldestOpen > drained) {
            throw new IllegalArgumentException(
                    "oldestOpen: %d (expected: 0..%d)".formatted(oldestOpen, drained));
        }
        sequence++;
        int at = (int) (sequence % 2) * SLOT_DISTANCE;
        bytes.putLong(at, MAGIC);
        bytes.putInt(at + 8, VERSION);
        bytes.putInt(at + 12, 0);
        bytes.putLong(at + 16, journalId.getMostSignificantBits());
        bytes.putLong(at + 24, journalId.getLeastSignificantBits());
        bytes.putLong(at + 32, sequence);
        bytes.putLong(at + 40, drained);
        bytes.putLong(at + 48, oldestOpen);
        bytes.putInt(at + 56, 0);
        bytes.putInt(at + CRC_OFFSET, crc(at));
        file.sync();
        this.drained = drained;
        this.oldestOpen = oldestOpen;
    }

    @Override
    public void close() {
        file.close();
    }

    private void read() {
        for (int at = 0; at <= SLOT_DISTANCE; at += SLOT_DISTANCE) {
            if (blank(at)) {
                continue;
            }
            if (bytes.getLong(at) != MAGIC || bytes.getInt(at + CRC_OFFSET) != crc(at)) {
                damagedCopies++;
                continue;
            }
            UUID id = new UUID(bytes.getLong(at + 16), bytes.getLong(at + 24));
            if (bytes.getInt(at + 8) != VERSION || !id.equals(journalId)) {
                throw new JournalException(
                        JournalException.Kind.FOREIGN,
                        "%s: version %d of journal %s (expected: version %d of %s)"
                                .formatted(NAME, bytes.getInt(at + 8), id, VERSION, journalId));
            }
            if (bytes.getLong(at + 32) > sequence) {
                sequence = bytes.getLong(at + 32);
                drained = bytes.getLong(at + 40);
                oldestOpen = bytes.getLong(at + 48);
            }
        }
    }

    private boolean blank(int at) {
        for (int offset = at; offset < at + SLOT_BYTES; offset += Long.BYTES) {
            if (bytes.getLong(offset) != 0) {
                return false;
            }
        }
        return true;
    }

    private int crc(int at) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(at, CRC_OFFSET));
        return (int) crc.getValue();
    }
}
