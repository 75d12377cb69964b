package mooring.journal;

import java.lang.foreign.MemorySegment;

/// One file of the journal, mapped into memory.
public interface JournalFile extends AutoCloseable {

    /// All its bytes. What is put there is at once in the page cache, so that it survives this
    /// process; for what is written now and then.
    MemorySegment bytes();

    /// Writes through the file system, for what is written all the time: in the page cache and in
    /// `bytes()` when it returns, the first bytes first. A page that was written in the mapping has
    /// to be taken from every processor's tables before it goes to the disk, which makes a sync
    /// take twice as long.
    ///
    /// @param offset where the first byte goes
    /// @param length how many of the array's first bytes
    /// @throws java.io.UncheckedIOException when they cannot be written; some may have been
    void write(int offset, byte[] from, int length);

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
