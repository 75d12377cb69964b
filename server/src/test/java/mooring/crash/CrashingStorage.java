package mooring.crash;

import java.lang.foreign.MemorySegment;
import java.util.List;
import mooring.journal.JournalFile;
import mooring.journal.JournalStorage;

/// A disk whose process may die on either side of everything that it does there.
final class CrashingStorage implements JournalStorage {

    private final JournalStorage disk;
    private final Pulse pulse;

    CrashingStorage(JournalStorage disk, Pulse pulse) {
        this.disk = disk;
        this.pulse = pulse;
    }

    @Override
    public List<String> names() {
        return disk.names();
    }

    @Override
    public JournalFile create(String name, long bytes) {
        pulse.beat();
        JournalFile file = disk.create(name, bytes);
        pulse.beat();
        return new File(file);
    }

    @Override
    public JournalFile open(String name) {
        return new File(disk.open(name));
    }

    @Override
    public void delete(String name) {
        pulse.beat();
        disk.delete(name);
        pulse.beat();
    }

    @Override
    public void close() {
        disk.close();
    }

    private final class File implements JournalFile {
        private final JournalFile file;

        File(JournalFile file) {
            this.file = file;
        }

        @Override
        public MemorySegment bytes() {
            return file.bytes();
        }

        @Override
        public void write(int offset, byte[] from, int length) {
            file.write(offset, from, length);
        }

        @Override
        public void sync() {
            pulse.beat();
            file.sync();
            pulse.beat();
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
