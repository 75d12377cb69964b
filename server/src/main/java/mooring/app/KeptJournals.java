package mooring.app;

import java.nio.file.Path;
import java.util.Set;
import mooring.ids.IdGenerator;
import mooring.journal.FileStorage;
import mooring.journal.JournalException;
import mooring.ledger.store.OutboxAlerts;
import mooring.ledger.store.PostgresBudgetBooks;
import mooring.metering.journal.JournalReplay;
import mooring.metering.store.PostgresUsageBooks;
import mooring.sql.Database;
import mooring.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Books what kept journal folders hold into a database that was just restored. What is booked
/// already stays as it is, so that every kept segment may be replayed, any number of times.
interface KeptJournals {

    /// Whether the folder can be read at all. Asked before anything is loaded.
    ///
    /// @throws StartException saying why not, in one line
    void require(Path folder);

    /// Replays the whole folder.
    ///
    /// @return what was found and booked, and whose it was
    /// @throws StartException when the folder cannot be read to its end
    Replayed replay(Path folder, Database database);

    /// @param told in a few words
    /// @param nodes those that wrote the journal
    record Replayed(String told, Set<String> nodes) {

        public Replayed {
            nodes = Set.copyOf(nodes);
        }
    }

    /// By the code that books what a node writes while it runs.
    ///
    /// @param node booked under this name, beside that of the node that wrote
    static KeptJournals booking(String node, Clock clock) {
        Logger log = LoggerFactory.getLogger(KeptJournals.class);
        return new KeptJournals() {
            @Override
            public void require(Path folder) {
                try {
                    if (FileStorage.readOnly(folder).names().isEmpty()) {
                        throw new StartException(
                                "--journal "
                                        + folder
                                        + ": empty (expected: the journal folder of a node)");
                    }
                } catch (JournalException e) {
                    throw new StartException("--journal " + folder + ": " + e.getMessage(), e);
                }
            }

            @Override
            public Replayed replay(Path folder, Database database) {
                PostgresUsageBooks books =
                        new PostgresUsageBooks(
                                database.jdbi(),
                                node,
                                clock,
                                new IdGenerator(clock),
                                new PostgresBudgetBooks(new OutboxAlerts(), clock));
                try {
                    // What nobody can read stays where it is, in the kept folder.
                    JournalReplay replay =
                            new JournalReplay(
                                    books,
                                    (id, _, reason) -> log.error("{}: {}: {}", folder, id, reason));
                    JournalReplay.Counts counts = replay.replay(FileStorage.readOnly(folder));
                    String told =
                            ("%,d records: %,d settled, %,d known already, %,d released,"
                                            + " %,d in conflict, %,d quarantined, %,d unreadable, %,d without"
                                            + " an end, %,d damaged places")
                                    .formatted(
                                            counts.records(),
                                            counts.settled(),
                                            counts.repeated(),
                                            counts.released(),
                                            counts.conflicts(),
                                            counts.quarantined(),
                                            counts.refused(),
                                            counts.open(),
                                            counts.damaged());
                    return new Replayed(told, replay.nodes());
                } catch (JournalException e) {
                    throw new StartException("--journal " + folder + ": " + e.getMessage(), e);
                }
            }
        };
    }
}
