package mooring.journal;

/// A disk whose writes somebody does in its place: counts them, puts them off, lets them fail.
final class WatchedStorage extends ForwardingStorage {

    /// What is done for a write.
    @FunctionalInterface
    interface Watcher {
        void write(String name, JournalFile file, int offset, byte[] from, int length);
    }

    private final Watcher watcher;

    WatchedStorage(JournalStorage disk, Watcher watcher) {
        super(disk);
        this.watcher = watcher;
    }

    @Override
    protected JournalFile around(String name, JournalFile file) {
        return new File(file) {
            @Override
            public void write(int offset, byte[] from, int length) {
                watcher.write(name, file, offset, from, length);
            }
        };
    }
}
