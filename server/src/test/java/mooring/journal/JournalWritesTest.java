package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

/// What reaches the files, when, and in which order.
class JournalWritesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private record Write(String name, int offset, int length) {}

    private final MemoryStorage disk = new MemoryStorage(64 << 20);
    private final List<Write> writes = Collections.synchronizedList(new ArrayList<>());

    @Test
    void manyRecordsAreOneWriteASync() {
        JournalOptions options = JournalOptions.of(SampleLog.ID).withSegments(1 << 20, 1_000);
        try (Journal journal = Journal.open(counted(), options, Clock.system())) {
            for (int round = 1; round <= 3; round++) {
                for (int number = 0; number < 100; number++) {
                    journal.append(SampleLog.bytes("record " + number));
                }
                assertThat(writes).hasSize(round - 1);
                journal.sync();
                assertThat(writes).hasSize(round);
            }
            assertThat(SampleLog.readAll(journal.reader(0))).hasSize(300);
        }
        assertThat(writes).as("nothing is left to be written").hasSize(3);
    }

    @Test
    void closingWritesWhatWaits() {
        try (Journal journal = SampleLog.open(disk)) {
            journal.append(SampleLog.bytes("last"));
        }
        try (Journal journal = SampleLog.open(disk)) {
            assertThat(SampleLog.readAll(journal.reader(0))).hasSize(1);
        }
    }

    @Test
    void whoeverAppendsMoreThanMayWaitWritesItWithoutASync() {
        JournalOptions options = JournalOptions.of(SampleLog.ID).withSegments(8 << 20, 64 << 10);
        String text = "x".repeat(60 << 10);
        try (Journal journal = Journal.open(counted(), options, Clock.system())) {
            long before = journal.synced();
            for (int number = 0; number < 50; number++) {
                journal.append(SampleLog.bytes(text));
            }
            assertThat(writes)
                    .hasSize(2)
                    .allSatisfy(
                            write ->
                                    assertThat(write.length())
                                            .isBetween(
                                                    Gathered.MAX_BYTES - (64 << 10),
                                                    Gathered.MAX_BYTES));
            assertThat(journal.synced()).as("written is not synced").isEqualTo(before);
            journal.sync();
            assertThat(SampleLog.readAll(journal.reader(0))).hasSize(50);
        }
    }

    @Test
    void appendingGoesOnWhileASyncWrites() {
        Journal[] open = new Journal[1];
        AtomicBoolean once = new AtomicBoolean();
        JournalStorage storage =
                new WatchedStorage(
                        disk,
                        (_, file, offset, from, length) -> {
                            if (once.compareAndSet(false, true)) {
                                Journal journal = open[0];
                                Thread other =
                                        Thread.ofVirtual()
                                                .start(
                                                        () ->
                                                                journal.append(
                                                                        SampleLog.bytes("two")));
                                assertThat(joined(other)).isTrue();
                            }
                            file.write(offset, from, length);
                        });
        try (Journal journal = SampleLog.open(storage)) {
            open[0] = journal;
            long first = journal.append(SampleLog.bytes("one"));
            journal.sync();
            assertThat(journal.synced()).isEqualTo(first).isLessThan(journal.appended());
            journal.sync();
            assertThat(SampleLog.readAll(journal.reader(0)))
                    .extracting(SampleLog.Written::text)
                    .containsExactly("one", "two");
        }
    }

    @Test
    void killedAtAnyByteTheLogEndsWithAWholeRecordAndNothingIsMissingBefore() {
        Random random = new Random(5);
        List<SampleLog.Written> appended = new ArrayList<>();
        List<SampleLog.Written> synced = new ArrayList<>();
        int[] kills = {0};
        JournalStorage storage =
                new WatchedStorage(
                        disk,
                        (_, file, offset, from, length) -> {
                            for (int cut = 0; cut < length; cut += 1 + random.nextInt(60)) {
                                file.write(offset, from, cut);
                                expectPrefix(disk.afterKill(), synced, appended);
                                kills[0]++;
                            }
                            file.write(offset, from, length);
                            expectPrefix(disk.afterKill(), synced, appended);
                        });
        try (Journal journal = SampleLog.open(storage)) {
            for (int number = 0; number < 120; number++) {
                String text = "record %d ".formatted(number).repeat(1 + random.nextInt(6));
                long whole = SegmentFormat.recordBytes(text.length());
                if (journal.room() < 200 || random.nextInt(4) == 0) {
                    journal.sync();
                    synced.addAll(appended.subList(synced.size(), appended.size()));
                    expectPrefix(disk.afterKill(), synced, appended);
                }
                long end = journal.append(SampleLog.bytes(text));
                appended.add(new SampleLog.Written(end - whole, end, text));
                expectPrefix(disk.afterKill(), synced, synced);
            }
        }
        assertThat(disk.names()).hasSizeGreaterThan(8);
        assertThat(kills[0]).isGreaterThan(100);
    }

    private static void expectPrefix(
            MemoryStorage killed, List<SampleLog.Written> least, List<SampleLog.Written> most) {
        List<Damage> damage = new ArrayList<>();
        List<SampleLog.Written> read =
                SampleLog.readAll(Journal.replay(killed, SampleLog.ID, damage::add));
        assertThat(read).hasSizeBetween(least.size(), most.size());
        assertThat(read).isEqualTo(most.subList(0, read.size()));
        assertThat(damage)
                .allSatisfy(each -> assertThat(each.kind()).isEqualTo(Damage.Kind.TORN_TAIL));
        try (Journal next = SampleLog.open(killed)) {
            long end = next.append(SampleLog.bytes("afterwards"));
            next.sync();
            List<SampleLog.Written> more = SampleLog.readAll(next.reader(0));
            assertThat(more).hasSize(read.size() + 1);
            assertThat(more.getLast().end()).isEqualTo(end);
        }
    }

    @Test
    void aWriteThatFailsEndsTheJournalAndNothingIsWrittenBehindIt() {
        AtomicBoolean failing = new AtomicBoolean();
        JournalStorage storage =
                new WatchedStorage(
                        disk,
                        (name, file, offset, from, length) -> {
                            if (failing.getAndSet(false)) {
                                file.write(offset, from, length / 2);
                                throw new UncheckedIOException(new IOException("EIO"));
                            }
                            writes.add(new Write(name, offset, length));
                            file.write(offset, from, length);
                        });
        Journal journal = SampleLog.open(storage);
        List<SampleLog.Written> written = SampleLog.write(journal, 3);
        String text = "never synced, and over the end of a segment ".repeat(2);
        List<SampleLog.Written> appended = new ArrayList<>(written);
        List<JournalException> told = new ArrayList<>();
        journal.onFailed(told::add);
        long synced = journal.synced();
        for (int number = 0; number < 3; number++) {
            long end = journal.append(SampleLog.bytes(text));
            long whole = SegmentFormat.recordBytes(text.length());
            appended.add(new SampleLog.Written(end - whole, end, text));
        }
        int before = writes.size();
        failing.set(true);

        assertThatThrownBy(journal::sync)
                .isInstanceOfSatisfying(
                        JournalException.class,
                        e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.WRITE_FAILED))
                .hasMessageContaining("cannot be written: ")
                .hasMessageContaining("EIO");

        // The disk works again, and nothing goes behind the gap.
        assertThatThrownBy(journal::sync).hasMessageStartingWith("the journal has failed: ");
        assertThatThrownBy(() -> journal.append(SampleLog.bytes("more")))
                .hasMessageStartingWith("the journal has failed: ");
        assertThat(told).hasSize(1);
        assertThat(journal.failure()).contains(told.getFirst());
        assertThat(journal.synced()).isEqualTo(synced);
        journal.close();
        assertThat(writes).hasSize(before);
        expectPrefix(disk.afterKill(), written, appended);
    }

    @Test
    void whatSeveralThreadsAppendIsWrittenInItsOrderWhoeverWritesIt() throws InterruptedException {
        JournalOptions options =
                JournalOptions.of(SampleLog.ID)
                        .withSegments(4 << 20, 64 << 10)
                        .withAppendWait(PATIENCE);
        try (Journal journal = Journal.open(counted(), options, Clock.system())) {
            List<Thread> appenders = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                appenders.add(Thread.ofVirtual().start(() -> appendLarge(journal)));
            }
            try (SyncLoop _ = SyncLoop.start(journal, Clock.system())) {
                for (Thread appender : appenders) {
                    assertThat(joined(appender)).isTrue();
                }
            }
            journal.sync();
            assertThat(SampleLog.readAll(journal.reader(0))).hasSize(4 * 150);
            assertThat(journal.damage()).isEmpty();
        }
        Write last = new Write("", 0, 0);
        for (Write write : writes) {
            if (write.name().equals(last.name())) {
                assertThat(write.offset()).isEqualTo(last.offset() + last.length());
            } else {
                assertThat(write.name()).isGreaterThan(last.name());
                assertThat(write.offset()).isEqualTo(SegmentFormat.HEADER_BYTES);
            }
            last = write;
        }
        assertThat(last.name()).isGreaterThan(SegmentFormat.name(0));
    }

    private static void appendLarge(Journal journal) {
        byte[] payload = new byte[60 << 10];
        Arrays.fill(payload, (byte) 'x');
        for (int number = 0; number < 150; number++) {
            journal.append(ByteBuffer.wrap(payload));
        }
    }

    private JournalStorage counted() {
        return new WatchedStorage(
                disk,
                (name, file, offset, from, length) -> {
                    writes.add(new Write(name, offset, length));
                    file.write(offset, from, length);
                });
    }

    private static boolean joined(Thread thread) {
        try {
            return thread.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
