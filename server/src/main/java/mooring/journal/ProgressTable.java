package mooring.journal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// How far each running thing has come, written in place: six numbers that only the newest state of
/// matters, too many and too short-lived for the log.
///
/// A write is in the page cache at once, so that it survives this process, and on the disk after
/// `sync()`. Claiming and freeing may be done from any thread; a slot is written by one thread at a
/// time, without a lock.
public final class ProgressTable implements AutoCloseable {

    /// Of one file; the first slot's place holds the file's header.
    static final int SLOTS_PER_FILE = 4096;

    private static final String PREFIX = "progress-";
    private static final int FILE_BYTES = (SLOTS_PER_FILE + 1) * ProgressSlot.BYTES;
    private static final int VERSION = 1;
    private static final int CRC_OFFSET = 36;

    /// "MOORPROG", read as a little-endian number.
    private static final long MAGIC = 0x474f5250524f4f4dL;

    /// Once fewer are free, `sync()` adds a file, so that no claim has to.
    private static final int FEW = SLOTS_PER_FILE / 4;

    private final JournalStorage storage;
    private final UUID journalId;
    private final int maxFiles;
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Map<UUID, Integer> recoveredSlots = new HashMap<>();
    private final Map<UUID, long[]> recovered = new LinkedHashMap<>();
    private int damaged;
    private volatile List<Page> pages = List.of();
    private volatile @Nullable JournalException failure;

    private ProgressTable(JournalStorage storage, UUID journalId, int maxFiles) {
        this.storage = storage;
        this.journalId = journalId;
        this.maxFiles = maxFiles;
    }

    /// One file of slots.
    private static final class Page {
        final JournalFile file;
        final ProgressSlot[] slots = new ProgressSlot[SLOTS_PER_FILE];
        volatile boolean dirty;

        Page(JournalFile file) {
            this.file = file;
            ByteBuffer bytes = file.bytes().asByteBuffer();
            for (int index = 0; index < SLOTS_PER_FILE; index++) {
                slots[index] =
                        new ProgressSlot(
                                bytes.slice((index + 1) * ProgressSlot.BYTES, ProgressSlot.BYTES));
            }
        }
    }

    /// Opens what is there, or begins anew.
    ///
    /// @param maxSlots how many things may run at once, rounded up to whole files of 4,096
    /// @throws JournalException when a file is another journal's (`FOREIGN`)
    public static ProgressTable open(JournalStorage storage, UUID journalId, int maxSlots) {
        if (maxSlots < 1) {
            throw new IllegalArgumentException(
                    "maxSlots: %d (expected: at least 1)".formatted(maxSlots));
        }
        ProgressTable table =
                new ProgressTable(
                        storage, journalId, (maxSlots + SLOTS_PER_FILE - 1) / SLOTS_PER_FILE);
        List<String> names = storage.names();
        for (int number = 0; names.contains(name(number)); number++) {
            table.read(number);
        }
        if (table.pages.isEmpty()) {
            table.grow();
        }
        return table;
    }

    /// What the last process left running: the numbers of each, as far as they were written whole.
    /// Each keeps its slot until it is freed.
    public synchronized Map<UUID, long[]> recover() {
        Map<UUID, long[]> copy = new LinkedHashMap<>();
        recovered.forEach((id, values) -> copy.put(id, values.clone()));
        return Collections.unmodifiableMap(copy);
    }

    /// Slots whose owner or numbers could not be read when the table was opened; they are free now.
    public int damaged() {
        return damaged;
    }

    /// A slot for this owner, its numbers 0.
    ///
    /// @throws JournalException when as many run as may, or the disk is full
    public int claim(UUID id) {
        int slot;
        synchronized (this) {
            if (free.isEmpty()) {
                grow();
            }
            slot = free.remove();
        }
        Page page = page(slot);
        page.slots[slot % SLOTS_PER_FILE].claim(id);
        page.dirty = true;
        return slot;
    }

    /// Replaces the slot's numbers.
    public void write(int slot, long v0, long v1, long v2, long v3, long v4, long v5) {
        Page page = page(slot);
        page.slots[slot % SLOTS_PER_FILE].write(v0, v1, v2, v3, v4, v5);
        if (!page.dirty) {
            page.dirty = true;
        }
    }

    /// Gives the slot back. After a power cut its owner may still be found: whoever recovers must
    /// know by the log who has ended.
    public void free(int slot) {
        Page page = page(slot);
        page.slots[slot % SLOTS_PER_FILE].free();
        page.dirty = true;
        synchronized (this) {
            free.add(slot);
        }
    }

    /// Gives back the slot of one that was recovered; nothing if there is none.
    public void free(UUID owner) {
        Integer slot;
        synchronized (this) {
            slot = recoveredSlots.remove(owner);
            recovered.remove(owner);
        }
        if (slot != null) {
            free(slot);
        }
    }

    /// Returns when all that was written before is on the disk, and adds slots when few are left.
    ///
    /// @throws JournalException when a sync fails, now or earlier: what a failed one was to write
    ///   may be lost though the next one succeeds
    public void sync() {
        JournalException failed = failure;
        if (failed != null) {
            throw failed;
        }
        for (Page page : pages) {
            if (page.dirty) {
                page.dirty = false;
                sync(page);
            }
        }
        synchronized (this) {
            if (free.size() < FEW && pages.size() < maxFiles) {
                grow();
            }
        }
    }

    private void sync(Page page) {
        try {
            page.file.sync();
        } catch (JournalException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void close() {
        pages.forEach(page -> page.file.close());
    }

    private Page page(int slot) {
        return pages.get(slot / SLOTS_PER_FILE);
    }

    private synchronized void grow() {
        int number = pages.size();
        if (number >= maxFiles) {
            throw new JournalException(
                    JournalException.Kind.FULL,
                    "no free slot in the progress table (expected: at most %d in use)"
                            .formatted(maxFiles * SLOTS_PER_FILE));
        }
        JournalFile file = storage.create(name(number), FILE_BYTES);
        writeHeader(file);
        Page page = new Page(file);
        page.dirty = true;
        add(page);
        for (int slot = 0; slot < SLOTS_PER_FILE; slot++) {
            free.add(number * SLOTS_PER_FILE + slot);
        }
    }

    private void add(Page page) {
        List<Page> more = new ArrayList<>(pages);
        more.add(page);
        pages = List.copyOf(more);
    }

    private synchronized void read(int number) {
        JournalFile file = storage.open(name(number));
        if (file.bytes().byteSize() != FILE_BYTES) {
            // Its making was cut short; only the last one's can be.
            file.close();
            storage.delete(name(number));
            file = storage.create(name(number), FILE_BYTES);
        }
        check(name(number), file);
        writeHeader(file);
        Page page = new Page(file);
        page.dirty = true;
        add(page);
        for (int index = 0; index < SLOTS_PER_FILE; index++) {
            readSlot(page.slots[index], number * SLOTS_PER_FILE + index);
        }
    }

    private void readSlot(ProgressSlot slot, int number) {
        UUID owner = slot.owner();
        long @Nullable [] values = owner == null ? null : slot.read();
        if (owner != null && values != null) {
            recovered.put(owner, values);
            recoveredSlots.put(owner, number);
            return;
        }
        boolean touched = slot.touched();
        if (touched) {
            damaged++;
        }
        if (touched || owner != null) {
            slot.free();
        }
        free.add(number);
    }

    private void check(String name, JournalFile file) {
        ByteBuffer header = header(file);
        if (header.getLong(0) != MAGIC || header.getInt(CRC_OFFSET) != crc(header)) {
            // New, or damaged; the slots tell by themselves what they hold.
            return;
        }
        UUID id = new UUID(header.getLong(16), header.getLong(24));
        if (header.getInt(8) != VERSION || !id.equals(journalId)) {
            throw new JournalException(
                    JournalException.Kind.FOREIGN,
                    "%s: version %d of journal %s (expected: version %d of %s)"
                            .formatted(name, header.getInt(8), id, VERSION, journalId));
        }
    }

    private void writeHeader(JournalFile file) {
        ByteBuffer header = header(file);
        header.putLong(0, MAGIC);
        header.putInt(8, VERSION);
        header.putInt(12, ProgressSlot.BYTES);
        header.putLong(16, journalId.getMostSignificantBits());
        header.putLong(24, journalId.getLeastSignificantBits());
        header.putInt(32, SLOTS_PER_FILE);
        header.putInt(CRC_OFFSET, crc(header));
    }

    private static ByteBuffer header(JournalFile file) {
        return file.bytes()
                .asSlice(0, ProgressSlot.BYTES)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int crc(ByteBuffer header) {
        CRC32C crc = new CRC32C();
        crc.update(header.slice(0, CRC_OFFSET));
        return (int) crc.getValue();
    }

    private static String name(int number) {
        return PREFIX + "%04d.slots".formatted(number);
    }
}
