package mooring.journal;

import java.lang.foreign.MemorySegment;

/// One file of the journal, mapped into memory.
public interface JournalFile extends AutoCloseable {

    /// All its bytes. A write is at once in the page cache, so that it survives this process.
    MemorySegment bytes();

    /// Returns when what was written before has reached the disk (fdatasync).
    ///
    /// @throws JournalException of kind `SYNC_FAILED`, final for this file: after a failed sync the
    ///   operating system may call pages clean that never reached the disk, so a second try that
    ///   succeeds would prove nothing
    void sync();

    /// Ends the mapping; its bytes must not be touched afterwards.
    @Override
    void close();
}
