package mooring.app;

import java.nio.file.Path;
import mooring.sql.Database;

/// Books what kept journal folders hold into a database that was just restored. What is booked
/// already stays as it is, so that every kept segment may be replayed, any number of times.
interface JournalReplay {

    /// Whether the folder holds a journal that can be read. Asked before anything is loaded.
    ///
    /// @throws StartException saying why not, in one line
    void require(Path folder);

    /// Replays the whole folder.
    ///
    /// @return what was found and booked, in a few words
    /// @throws StartException when the folder cannot be read to its end
    String replay(Path folder, Database database);

    /// For a server that keeps no journal.
    static JournalReplay none() {
        return new JournalReplay() {
            @Override
            public void require(Path folder) {
                throw new StartException(
                        "--journal "
                                + folder
                                + ": this version keeps no journal (expected: no such flag)");
            }

            @Override
            public String replay(Path folder, Database database) {
                throw new IllegalStateException(folder + " was refused before");
            }
        };
    }
}
