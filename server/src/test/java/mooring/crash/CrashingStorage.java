package mooring.crash;

import mooring.journal.ForwardingStorage;
import mooring.journal.JournalFile;
import mooring.journal.JournalStorage;

/// A disk whose process may die on either side of everything that it does there.
final class CrashingStorage extends ForwardingStorage {

    private final Pulse pulse;

    CrashingStorage(JournalStorage disk, Pulse pulse) {
        super(disk);
        this.pulse = pulse;
    }

    @Override
    public JournalFile create(String name, long bytes) {
        pulse.beat();
        JournalFile file = super.create(name, bytes);
        pulse.beat();
        return file;
    }

    @Override
    public void delete(String name) {
        pulse.beat();
        super.delete(name);
        pulse.beat();
    }

    @Override
    protected JournalFile around(String name, JournalFile file) {
        return new File(file) {
            @Override
            public void write(int offset, byte[] from, int length) {
                pulse.beat();
                super.write(offset, from, length);
                pulse.beat();
            }

            @Override
            public void sync() {
                pulse.beat();
                super.sync();
                pulse.beat();
            }
        };
    }
}
