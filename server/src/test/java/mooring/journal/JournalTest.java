package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

/// Appending, syncing, reading and trimming, step by step on a disk in memory.
class JournalTest {

    private final MemoryStorage disk = new MemoryStorage(1 << 20);

    @Test
    void recordsAreReadInOrderOverSegmentsAndRestartsAtTheSamePositions() {
        List<SampleLog.Written> written = new ArrayList<>();
        for (int life = 0; life < 5; life++) {
            try (Journal journal = SampleLog.open(disk)) {
                written.addAll(SampleLog.write(journal, 7));
                assertThat(SampleLog.readAll(journal.reader(0))).isEqualTo(written);
            }
        }
        assertThat(written)
                .extracting(SampleLog.Written::position)
                .isSorted()
                .doesNotHaveDuplicates();
        try (Journal journal = SampleLog.open(disk)) {
            assertThat(journal.damage()).isEmpty();
            for (int index = 0; index < written.size(); index++) {
                long from = written.get(index).position();
                assertThat(SampleLog.readAll(journal.reader(from)))
                        .isEqualTo(written.subList(index, written.size()));
            }
        }
        assertThat(SampleLog.readAll(Journal.replay(disk, _ -> {}))).isEqualTo(written);
    }

    @Test
    void aReaderSeesOnlyWhatIsSyncedAndGoesOnFromThere() {
        try (Journal journal = SampleLog.open(disk);
                Journal.Reader reader = journal.reader(0)) {
            long first = journal.append(SampleLog.bytes("first"));
            assertThat(reader.next()).isNull();
            assertThat(journal.synced()).isLessThan(first);
            List<Long> told = new ArrayList<>();
            journal.onSynced(told::add);
            assertThat(journal.sync()).isTrue();
            assertThat(journal.sync()).isFalse();
            assertThat(told).containsExactly(first);
            assertThat(journal.synced()).isEqualTo(first).isEqualTo(journal.appended());
            Journal.Entry entry = SampleLog.next(reader);
            assertThat(SampleLog.text(entry)).isEqualTo("first");
            assertThat(entry.end()).isEqualTo(first);
            assertThat(reader.next()).isNull();
            long second = journal.append(SampleLog.bytes("second"));
            journal.sync();
            entry = SampleLog.next(reader);
            assertThat(entry.position()).isEqualTo(first);
            assertThat(entry.end()).isEqualTo(second);
        }
    }

    @Test
    void whatWasAppendedAndNotSyncedGoesWithTheProcessAndLeavesNoTrace() {
        Journal killed = SampleLog.open(disk);
        long synced = killed.append(SampleLog.bytes("synced"));
        killed.sync();
        for (int number = 0; number < 5; number++) {
            killed.append(SampleLog.bytes("not synced, and more than one segment of it".repeat(2)));
        }
        MemoryStorage after = disk.afterKill();
        try (Journal journal = SampleLog.open(after)) {
            assertThat(journal.appended()).isEqualTo(journal.synced()).isEqualTo(synced);
            journal.append(SampleLog.bytes("afterwards"));
            journal.sync();
            assertThat(SampleLog.readAll(journal.reader(0)))
                    .extracting(SampleLog.Written::text)
                    .containsExactly("synced", "afterwards");
            assertThat(journal.damage()).isEmpty();
        }
    }

    @Test
    void aPayloadIsNotMovedAndMayBePartOfABuffer() {
        try (Journal journal = SampleLog.open(disk)) {
            ByteBuffer payload = SampleLog.bytes("..middle..").position(2).limit(8);
            journal.append(payload);
            assertThat(payload.position()).isEqualTo(2);
            assertThat(payload.limit()).isEqualTo(8);
            journal.append(payload.asReadOnlyBuffer());
            journal.append(ByteBuffer.allocateDirect(6).put(payload.duplicate()).flip());
            journal.sync();
            assertThat(SampleLog.readAll(journal.reader(0)))
                    .extracting(SampleLog.Written::text)
                    .containsExactly("middle", "middle", "middle");
        }
    }

    @Test
    void anEmptyRecordAndOneThatIsTooLargeAreRefused() {
        try (Journal journal = SampleLog.open(disk)) {
            assertThatThrownBy(() -> journal.append(ByteBuffer.allocate(101)))
                    .isInstanceOf(JournalException.class)
                    .hasMessage("record of 101 bytes (expected: 1..100)");
            assertThatThrownBy(() -> journal.append(ByteBuffer.allocate(0)))
                    .hasMessage("record of 0 bytes (expected: 1..100)");
            assertThat(journal.append(ByteBuffer.allocate(100))).isEqualTo(64 + 120);
        }
    }

    @Test
    void aClosedJournalTakesNothing() {
        Journal journal = SampleLog.open(disk);
        journal.close();
        journal.close();
        assertThatThrownBy(() -> journal.append(SampleLog.bytes("late")))
                .isInstanceOfSatisfying(
                        JournalException.class,
                        e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.CLOSED));
        assertThat(journal.sync()).isFalse();
    }

    @Test
    void afterAFailedSyncNothingIsAdmittedAndTheNextProcessUsesAnotherFile() {
        Journal journal = SampleLog.open(disk);
        List<SampleLog.Written> written = SampleLog.write(journal, 2);
        List<JournalException> told = new ArrayList<>();
        journal.onFailed(told::add);
        journal.append(SampleLog.bytes("uncertain"));
        long synced = journal.synced();
        disk.failing(true);
        assertThatThrownBy(journal::sync)
                .isInstanceOfSatisfying(
                        JournalException.class,
                        e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.SYNC_FAILED))
                .hasMessageContaining("sync failed: EIO");
        // The disk works again, which proves nothing about what was lost.
        disk.failing(false);
        assertThat(told).hasSize(1);
        assertThat(journal.failure()).contains(told.getFirst());
        assertThatThrownBy(() -> journal.append(SampleLog.bytes("more")))
                .hasMessageStartingWith("the journal has failed: ");
        assertThatThrownBy(journal::sync).isInstanceOf(JournalException.class);
        assertThat(journal.synced()).isEqualTo(synced);
        journal.close();

        try (Journal after = SampleLog.open(disk)) {
            assertThat(after.appended()).isGreaterThanOrEqualTo(SampleLog.SEGMENT_BYTES);
            assertThat(after.doubtful(synced)).isTrue();
            assertThat(after.doubtful(after.appended())).isFalse();
            long end = after.append(SampleLog.bytes("after"));
            after.sync();
            List<SampleLog.Written> read = SampleLog.readAll(after.reader(0));
            assertThat(read).startsWith(written.toArray(SampleLog.Written[]::new));
            assertThat(read.getLast().end()).isEqualTo(end);
            assertThat(after.damage()).isEmpty();
        }
    }

    @Test
    void aFullDiskRefusesAppendsUntilThereIsRoomAgain() {
        MovableClock clock = new MovableClock();
        disk.capacity(2 * SampleLog.SEGMENT_BYTES);
        try (Journal journal = Journal.open(disk, SampleLog.OPTIONS, clock)) {
            int taken = 0;
            JournalException full = null;
            while (full == null) {
                try {
                    journal.append(SampleLog.bytes("x".repeat(100)));
                    journal.sync();
                    taken++;
                } catch (JournalException e) {
                    full = e;
                }
            }
            assertThat(taken).isEqualTo(6);
            assertThat(full.kind()).isEqualTo(JournalException.Kind.FULL);
            assertThat(full)
                    .hasMessage(
                            "no room in the journal: journal-0000000000000400.seg: no space left on"
                                    + " device");
            assertThat(journal.shortage()).isPresent();
            assertThat(journal.failure()).isEmpty();
            assertThat(journal.room()).isLessThan(120);

            disk.capacity(1 << 20);
            journal.sync();
            assertThat(journal.shortage()).as("not tried again at once").isPresent();
            clock.forward(Duration.ofSeconds(1));
            journal.sync();
            assertThat(journal.shortage()).isEmpty();
            journal.append(SampleLog.bytes("x".repeat(100)));
            journal.sync();
            assertThat(SampleLog.readAll(journal.reader(0))).hasSize(7);
        }
    }

    @Test
    void aDiskThatIsFullFromTheStartIsSaidAtOnce() {
        disk.capacity(100);
        assertThatThrownBy(() -> SampleLog.open(disk))
                .isInstanceOf(JournalException.class)
                .hasMessageContaining("no space left on device");
    }

    @Test
    void twoSegmentsAtMostAreFilledWithoutASync() {
        try (Journal journal = SampleLog.open(disk)) {
            journal.prepare();
            for (int number = 0; number < 6; number++) {
                journal.append(SampleLog.bytes("x".repeat(100)));
            }
            assertThat(journal.prepare()).isFalse();
            assertThatThrownBy(() -> journal.append(SampleLog.bytes("x".repeat(100))))
                    .hasMessageContaining("the next segment is not ready within 0 ms");
            journal.sync();
            journal.append(SampleLog.bytes("x".repeat(100)));
        }
    }

    @Test
    void drainedSegmentsAreKeptForTheRetentionAndUndrainedOnesForEver() {
        MovableClock clock = new MovableClock();
        JournalOptions options = SampleLog.OPTIONS.withRetention(Duration.ofDays(7), 1 << 20);
        try (Journal journal = Journal.open(disk, options, clock)) {
            List<SampleLog.Written> old = SampleLog.write(journal, 12);
            clock.forward(Duration.ofDays(3));
            List<SampleLog.Written> young = SampleLog.write(journal, 12);
            int before = disk.names().size();
            assertThat(journal.trim(journal.synced())).isZero();
            clock.forward(Duration.ofDays(5));
            assertThat(journal.trim(0)).isZero();
            assertThat(disk.names()).hasSize(before);

            // The first segment's end, although its file is longer.
            long drained =
                    old.stream()
                            .filter(each -> each.end() <= SampleLog.SEGMENT_BYTES)
                            .toList()
                            .getLast()
                            .end();
            assertThat(journal.trim(drained - 8)).isZero();
            assertThat(journal.trim(drained)).isEqualTo(1);
            assertThat(journal.oldest()).isEqualTo(SampleLog.SEGMENT_BYTES);
            journal.trim(journal.synced());
            assertThat(journal.oldest()).isLessThanOrEqualTo(young.getFirst().position());
            assertThat(SampleLog.readAll(journal.reader(0)))
                    .endsWith(young.toArray(SampleLog.Written[]::new));
            clock.forward(Duration.ofDays(8));
            journal.trim(journal.synced());
            long end = journal.appended();
            assertThat(journal.oldest()).isGreaterThan(end - SampleLog.SEGMENT_BYTES - 64);
        }
        // Positions go on even when everything before is gone.
        try (Journal journal = SampleLog.open(disk)) {
            assertThat(journal.appended()).isGreaterThan(SampleLog.SEGMENT_BYTES * 3L);
            assertThat(journal.damage()).isEmpty();
        }
    }

    @Test
    void aboveTheBoundTheOldestDrainedSegmentsGoBeforeTheirTime() {
        JournalOptions options =
                SampleLog.OPTIONS.withRetention(Duration.ofDays(7), 3L * SampleLog.SEGMENT_BYTES);
        try (Journal journal = Journal.open(disk, options, Clock.system())) {
            SampleLog.write(journal, 30);
            int before = disk.names().size();
            assertThat(before).isGreaterThan(5);
            assertThat(journal.trim(0)).isZero();
            assertThat(journal.trim(journal.synced())).isEqualTo(before - 3);
            assertThat(disk.names()).hasSize(3);
        }
    }

    @Test
    void aClockThatJumpsDeletesNothingThatIsNeeded() {
        MovableClock clock = new MovableClock();
        try (Journal journal = Journal.open(disk, SampleLog.OPTIONS, clock)) {
            SampleLog.write(journal, 12);
            clock.forward(Duration.ofDays(-4_000));
            SampleLog.write(journal, 12);
            assertThat(journal.trim(journal.synced())).isZero();
            clock.forward(Duration.ofDays(40_000));
            assertThat(journal.trim(64)).isZero();
        }
    }

    @Test
    void aReaderOutlivesTheDeletionOfWhatItReads() {
        JournalOptions options = SampleLog.OPTIONS.withRetention(Duration.ZERO, 0);
        try (Journal journal = Journal.open(disk, options, Clock.system());
                Journal.Reader reader = journal.reader(0)) {
            List<SampleLog.Written> written = SampleLog.write(journal, 24);
            assertThat(reader.next()).isNotNull();
            journal.trim(journal.synced());
            List<SampleLog.Written> rest = SampleLog.readAll(reader);
            assertThat(rest.getFirst()).isEqualTo(written.get(1));
            assertThat(rest.getLast()).isEqualTo(written.getLast());
        }
    }

    @Test
    void aReaderThatIsAheadOfTheLogIsRefused() {
        try (Journal journal = SampleLog.open(disk)) {
            assertThatThrownBy(() -> journal.reader(10_000))
                    .isInstanceOf(JournalException.class)
                    .hasMessage(
                            "reader from position 10000 (expected: 0..64, the end of this journal)");
        }
    }

    private static final class MovableClock implements Clock {
        private Instant now = Instant.parse("2026-11-22T12:00:00Z");

        void forward(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant now() {
            return now;
        }

        @Override
        public long monotonicNanos() {
            return Duration.between(Instant.EPOCH, now).toNanos();
        }
    }
}
