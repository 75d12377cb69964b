package mooring.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import mooring.backup.Archive;
import mooring.backup.store.ArchiveLoader;
import mooring.journal.FileStorage;
import mooring.journal.Journal;
import mooring.journal.JournalOptions;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.metering.UsageRecord;
import mooring.metering.journal.OutcomeCodec;
import mooring.testing.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What was settled after a snapshot comes back from the journal, once.
class KeptJournalsTest {

    @TempDir private Path folder;

    @Test
    void whatWasSettledAfterTheSnapshotIsBookedOnceHoweverOftenItIsReplayed() throws Exception {
        Path kept = folder.resolve("journal");
        Path file = folder.resolve("backup.zip");
        try (LedgerWorld world = new LedgerWorld()) {
            Customer customer = world.customer("Aroha", "5.00");
            UsageRecord before = world.record(customer, world.noHold(customer), 1_000);
            UsageRecord after = world.record(customer, world.noHold(customer), 2_000);
            write(world, kept, List.of(before, after));
            world.books.book(List.of(before));
            try (OutputStream out = Files.newOutputStream(file)) {
                world.backups.take(out);
            }
            world.books.book(List.of(after));
            KeptJournals journals = KeptJournals.booking("restore", world.clock);
            journals.require(kept);

            try (TestDatabase target = TestDatabase.createEmpty()) {
                try (Archive archive = Archive.open(file)) {
                    new ArchiveLoader(target.database(), archive, _ -> {}).load();
                }
                assertThat(journals.replay(kept, target.database()).told())
                        .startsWith("2 records: 1 settled, 1 known already, 0 released");
                assertThat(journals.replay(kept, target.database()).told())
                        .startsWith("2 records: 0 settled, 2 known already");
                assertThat(journals.replay(kept, target.database()).nodes())
                        .containsExactly("node-a");
                String sums =
                        "SELECT (SELECT count(*) || ' ' || sum(charge) FROM settlement) || ' '"
                                + " || (SELECT sum(posted) FROM wallet_balance)";
                assertThat(text(target, sums)).isEqualTo(text(world.database, sums));
                assertThat(
                                new PostgresLedgerVerifier(target.database().jdbi(), world.clock)
                                        .verify()
                                        .ok())
                        .isTrue();
            }
        }
    }

    @Test
    void aFolderThatIsNoJournalIsRefusedInOneLine() throws Exception {
        KeptJournals journals = KeptJournals.booking("restore", mooring.time.Clock.system());
        Path nothing = Files.createDirectory(folder.resolve("nothing"));
        assertThatThrownBy(() -> journals.require(nothing))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("empty (expected: the journal folder of a node)");
        assertThatThrownBy(() -> journals.require(folder.resolve("missing")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("not there (expected: a folder)");
    }

    private static void write(LedgerWorld world, Path kept, List<UsageRecord> records) {
        try (FileStorage storage = FileStorage.open(kept);
                Journal journal =
                        Journal.open(storage, JournalOptions.of(UUID.randomUUID()), world.clock)) {
            OutcomeCodec codec = new OutcomeCodec();
            records.forEach(record -> journal.append(codec.encode(record)));
            journal.sync();
        }
    }

    private static String text(TestDatabase database, String sql) {
        return database.database()
                .jdbi()
                .withHandle(handle -> handle.createQuery(sql).mapTo(String.class).one());
    }
}
