package mooring.journal;

import java.util.List;

/// Where segments live: real files, or a simulator's memory.
///
/// Every method throws a `JournalException` when the storage does not do what it is asked.
public interface JournalStorage extends AutoCloseable {

    /// File names present, sorted.
    List<String> names();

    /// A new file of zeros. They are really written and synced, and so is the folder: a full disk
    /// is met here, and not later as a fault under a mapped page.
    ///
    /// @throws JournalException of kind `FULL` when there is no room; nothing is left behind then
    JournalFile create(String name, long bytes);

    /// A file that exists, with the length that it has. The same file may be open several times;
    /// all see the same bytes.
    JournalFile open(String name);

    /// Removes a file and syncs the folder. Who has it open still reads it.
    void delete(String name);

    @Override
    void close();
}
