package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import mooring.testing.Await;
import mooring.testing.JavaProgram;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The journal on real files, under several threads and under SIGKILL.
class FileStorageTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private Path folder = Path.of("");

    @Test
    void aFolderBelongsToOneProcessAndSaysToWhich() {
        FileStorage storage = FileStorage.open(folder);
        assertThatThrownBy(() -> FileStorage.open(folder))
                .isInstanceOfSatisfying(
                        JournalException.class,
                        e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.LOCKED))
                .hasMessage(
                        "journal folder %s: in use by process %d (expected: a folder that no other"
                                        .formatted(folder, ProcessHandle.current().pid())
                                + " process has open)");
        storage.close();
        FileStorage.open(folder).close();
    }

    @Test
    void aFolderThatCannotBeWrittenIsSaidInOneLine() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "in the way");
        for (Path unusable : List.of(file, file.resolve("below"))) {
            assertThatThrownBy(() -> FileStorage.open(unusable))
                    .isInstanceOfSatisfying(
                            JournalException.class,
                            e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.UNUSABLE))
                    .hasMessageStartingWith("journal folder " + unusable + ": ")
                    .hasMessageEndingWith(
                            "(expected: a folder that user %s can write)"
                                    .formatted(System.getProperty("user.name")));
        }
    }

    @Test
    void segmentsAreReallyAllocatedAndLookedAtWithoutTheLock() {
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = SampleLog.open(storage)) {
            List<SampleLog.Written> written = SampleLog.write(journal, 20);
            List<Damage> damage = new ArrayList<>();
            assertThat(SampleLog.readAll(Journal.replay(FileStorage.readOnly(folder), damage::add)))
                    .isEqualTo(written);
            assertThat(damage).isEmpty();
            assertThat(storage.names())
                    .hasSizeGreaterThan(4)
                    .allSatisfy(
                            name ->
                                    assertThat(Files.size(folder.resolve(name)))
                                            .isEqualTo(SampleLog.SEGMENT_BYTES));
        }
        assertThatThrownBy(() -> FileStorage.readOnly(folder.resolve("nothing")))
                .hasMessageContaining("not there");
    }

    @Test
    void aThreadThatIsInterruptedBreaksNoFile() {
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = SampleLog.open(storage)) {
            journal.append(SampleLog.bytes("one"));
            Thread.currentThread().interrupt();
            assertThat(journal.sync()).isTrue();
            assertThat(Thread.interrupted()).isTrue();
            journal.append(SampleLog.bytes("two"));
            assertThat(journal.sync()).isTrue();
            assertThat(journal.shortage()).isEmpty();
        }
    }

    @Test
    void aReaderFollowsTheTailWhileSeveralThreadsAppend() throws InterruptedException {
        int threads = 4;
        int each = 3_000;
        JournalOptions options =
                JournalOptions.of(SampleLog.ID)
                        .withSegments(64 << 10, 1_000)
                        .withAppendWait(PATIENCE);
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = Journal.open(storage, options, Clock.system());
                SyncLoop loop = SyncLoop.start(journal, Clock.system());
                Journal.Reader reader = journal.reader(0)) {
            AtomicLong told = new AtomicLong();
            journal.onSynced(told::set);
            Map<Integer, Integer> lastOf = new HashMap<>();
            List<Thread> appenders = new ArrayList<>();
            for (int number = 0; number < threads; number++) {
                int self = number;
                appenders.add(Thread.ofVirtual().start(() -> append(journal, self, each)));
            }
            long read = 0;
            long position = 0;
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (read < (long) threads * each && System.nanoTime() < end) {
                Journal.Entry entry = reader.next();
                if (entry == null) {
                    Thread.onSpinWait();
                    continue;
                }
                assertThat(entry.position()).isGreaterThanOrEqualTo(position);
                assertThat(entry.end()).isLessThanOrEqualTo(journal.synced());
                position = entry.end();
                int thread = entry.payload().getInt(0);
                int number = entry.payload().getInt(4);
                assertThat(number).isEqualTo(lastOf.merge(thread, 1, Integer::sum));
                read++;
            }
            for (Thread appender : appenders) {
                assertThat(appender.join(PATIENCE)).isTrue();
            }
            assertThat(read).isEqualTo((long) threads * each);
            Await.until("told", PATIENCE, () -> told.get() == journal.appended());
            assertThat(storage.names()).hasSizeGreaterThan(20);
            assertThat(journal.damage()).isEmpty();
            assertThat(loop).isNotNull();
        }
    }

    private static void append(Journal journal, int self, int count) {
        for (int number = 1; number <= count; number++) {
            ByteBuffer payload = ByteBuffer.allocate(20 + number % 200);
            payload.putInt(0, self).putInt(4, number);
            journal.append(payload);
        }
    }

    @Test
    void everythingThatAKilledProcessSaidWasSyncedIsThereAndNothingWithoutWhatCameBefore() {
        long before = 0;
        for (int life = 0; life < 2; life++) {
            int last = 0;
            long end = 0;
            try (JavaProgram program =
                    JavaProgram.start(
                            JavaProgram.command(AppendingProgram.class, folder.toString()),
                            Map.of())) {
                String from = program.lineWith("from ", PATIENCE);
                assertThat(Long.parseLong(from.substring(5))).isGreaterThanOrEqualTo(before);
                assertThatThrownBy(() -> FileStorage.open(folder))
                        .hasMessageContaining("in use by process " + program.process().pid());
                while (last < 3_000) {
                    String[] words = program.lineWith("at ", PATIENCE).split(" ", -1);
                    last = Integer.parseInt(words[1]);
                    end = Long.parseLong(words[2]);
                }
                program.kill();
            }
            before = expectAll(before, last, end);
        }
    }

    private long expectAll(long from, int last, long end) {
        JournalOptions options = JournalOptions.of(SampleLog.ID).withSegments(64 << 10, 1_000);
        try (FileStorage storage = FileStorage.open(folder);
                Journal journal = Journal.open(storage, options, Clock.system());
                Journal.Reader reader = journal.reader(from)) {
            int number = 0;
            boolean seen = false;
            for (Journal.Entry entry = reader.next(); entry != null; entry = reader.next()) {
                number++;
                assertThat(entry.payload().array()).isEqualTo(AppendingProgram.payload(number));
                seen |= number == last && entry.end() == end;
            }
            assertThat(seen).as("record %d ending at %d", last, end).isTrue();
            // What was cut off is told; nothing else is wrong.
            assertThat(journal.damage())
                    .allSatisfy(each -> assertThat(each.kind()).isEqualTo(Damage.Kind.TORN_TAIL));
            try (ProgressTable table = ProgressTable.open(storage, SampleLog.ID, 10)) {
                assertThat(SampleLog.progress(table, SampleLog.ID)[0]).isGreaterThanOrEqualTo(last);
                table.free(SampleLog.ID);
            }
            return journal.appended();
        }
    }
}
