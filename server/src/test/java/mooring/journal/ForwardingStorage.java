package mooring.journal;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// Another storage as it is: what a test does to it in between, it overrides.
public abstract class ForwardingStorage implements JournalStorage {

    private final JournalStorage disk;

    protected ForwardingStorage(JournalStorage disk) {
        this.disk = disk;
    }

    /// What stands for one of the storage's files.
    protected abstract JournalFile around(String name, JournalFile file);

    @Override
    public List<String> names() {
        return disk.names();
    }

    @Override
    public JournalFile create(String name, long bytes) {
        return around(name, disk.create(name, bytes));
    }

    @Override
    public JournalFile open(String name) {
        return around(name, disk.open(name));
    }

    @Override
    public void delete(String name) {
        disk.delete(name);
    }

    @Override
    public void close() {
        disk.close();
    }

    /// Another file as it is.
    protected static class File implements JournalFile {

        private final JournalFile file;

        protected File(JournalFile file) {
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
            file.sync();
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
