package mooring.journal;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// A disk in memory, of a limited size, that can lose what was not synced and can begin to fail.
public final class MemoryStorage implements JournalStorage {

    private static final int SECTOR = 512;

    private final Map<String, Contents> files = new TreeMap<>();
    private long capacity;
    private boolean failing;
    private Runnable beforeSync = () -> {};

    public MemoryStorage(long capacity) {
        this.capacity = capacity;
    }

    /// What a file shows, and what of it is on the disk.
    private static final class Contents {
        final byte[] shown;
        final byte[] onDisk;

        Contents(byte[] shown, byte[] onDisk) {
            this.shown = shown;
            this.onDisk = onDisk;
        }
    }

    /// The disk as it is after a power cut: what was synced, and of the rest any sectors.
    public synchronized MemoryStorage afterPowerCut(RandomGenerator random) {
        MemoryStorage after = new MemoryStorage(capacity);
        files.forEach(
                (name, file) -> {
                    byte[] bytes = file.onDisk.clone();
                    for (int at = 0; at < bytes.length; at += SECTOR) {
                        if (random.nextBoolean()) {
                            int length = Math.min(SECTOR, bytes.length - at);
                            System.arraycopy(file.shown, at, bytes, at, length);
                        }
                    }
                    after.put(name, bytes);
                });
        return after;
    }

    /// The disk as the next process finds it when this one is killed. What was not synced is still
    /// not.
    public synchronized MemoryStorage afterKill() {
        MemoryStorage after = new MemoryStorage(capacity);
        files.forEach(
                (name, file) ->
                        after.files.put(
                                name, new Contents(file.shown.clone(), file.onDisk.clone())));
        return after;
    }

    public synchronized void put(String name, byte[] bytes) {
        files.put(name, new Contents(bytes, bytes.clone()));
    }

    public synchronized byte[] get(String name) {
        return file(name).shown;
    }

    public synchronized void capacity(long bytes) {
        capacity = bytes;
    }

    public synchronized void failing(boolean syncsFail) {
        failing = syncsFail;
    }

    /// Has this done before each sync, when everything is written: it may throw.
    public synchronized void beforeSync(Runnable step) {
        beforeSync = step;
    }

    @Override
    public synchronized List<String> names() {
        return List.copyOf(files.keySet());
    }

    @Override
    public synchronized JournalFile create(String name, long bytes) {
        long used = files.values().stream().mapToLong(file -> file.shown.length).sum();
        if (used + bytes > capacity) {
            throw new JournalException(
                    JournalException.Kind.FULL, name + ": no space left on device");
        }
        if (files.containsKey(name)) {
            throw new JournalException(JournalException.Kind.UNUSABLE, name + ": is there already");
        }
        put(name, new byte[(int) bytes]);
        return open(name);
    }

    @Override
    public synchronized JournalFile open(String name) {
        return new OpenFile(name, file(name));
    }

    @Override
    public synchronized void delete(String name) {
        files.remove(name);
    }

    @Override
    public void close() {}

    private Contents file(String name) {
        Contents file = files.get(name);
        if (file == null) {
            throw new JournalException(JournalException.Kind.UNUSABLE, name + ": no such file");
        }
        return file;
    }

    private final class OpenFile implements JournalFile {
        private final String name;
        private final Contents contents;
        private boolean broken;

        OpenFile(String name, Contents contents) {
            this.name = name;
            this.contents = contents;
        }

        @Override
        public MemorySegment bytes() {
            return MemorySegment.ofArray(contents.shown);
        }

        @Override
        public void write(int offset, byte[] from, int length) {
            System.arraycopy(from, 0, contents.shown, offset, length);
        }

        @Override
        public void sync() {
            synchronized (MemoryStorage.this) {
                beforeSync.run();
                broken |= failing;
                if (broken) {
                    throw new JournalException(
                            JournalException.Kind.SYNC_FAILED, name + ": sync failed: EIO");
                }
                System.arraycopy(contents.shown, 0, contents.onDisk, 0, contents.shown.length);
            }
        }

        @Override
        public void close() {}
    }
}
