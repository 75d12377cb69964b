package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import mooring.testing.Await;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

/// The threads that sync in production.
class SyncLoopTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final MemoryStorage disk = new MemoryStorage(1 << 20);

    @Test
    void whatIsAppendedIsSyncedSoonAlsoAfterAPause() {
        try (Journal journal = SampleLog.open(disk);
                SyncLoop loop = SyncLoop.start(journal, Clock.system())) {
            for (int pause = 0; pause < 20; pause++) {
                long end = journal.append(SampleLog.bytes("record " + pause));
                Await.until("synced", PATIENCE, () -> journal.synced() >= end);
                // Long enough to be parked again.
                Await.until("idle", PATIENCE, loop::idle);
            }
        }
        try (Journal journal = SampleLog.open(disk)) {
            assertThat(SampleLog.readAll(journal.reader(0))).hasSize(20);
        }
    }

    @Test
    void aFailingDiskEndsTheLoopAndTheJournal() {
        try (Journal journal = SampleLog.open(disk);
                SyncLoop loop = SyncLoop.start(journal, Clock.system())) {
            List<JournalException> told = Collections.synchronizedList(new ArrayList<>());
            journal.onFailed(told::add);
            disk.failing(true);
            journal.append(SampleLog.bytes("lost"));
            Await.until("failed", PATIENCE, () -> !told.isEmpty());
            disk.failing(false);
            assertThat(journal.failure()).isPresent();
            assertThatThrownBy(() -> journal.append(SampleLog.bytes("more")))
                    .isInstanceOf(JournalException.class)
                    .hasMessageContaining("EIO");
            assertThat(told).hasSize(1);
            assertThat(loop).isNotNull();
        }
    }

    @Test
    void anAppendThatNeedsTheNextSegmentWaitsForItAndNoLonger() {
        JournalOptions options = SampleLog.OPTIONS.withAppendWait(PATIENCE);
        try (Journal journal = Journal.open(disk, options, Clock.system());
                SyncLoop loop = SyncLoop.start(journal, Clock.system())) {
            for (int number = 0; number < 200; number++) {
                journal.append(SampleLog.bytes("x".repeat(100)));
            }
            assertThat(journal.failure()).isEmpty();
            assertThat(loop).isNotNull();
        }
        assertThat(disk.names()).hasSizeGreaterThan(66);
        disk.capacity(0);
        JournalOptions brief = SampleLog.OPTIONS.withAppendWait(Duration.ofMillis(50));
        try (Journal journal = Journal.open(disk, brief, Clock.system());
                SyncLoop loop = SyncLoop.start(journal, Clock.system())) {
            assertThatThrownBy(
                            () -> {
                                for (int number = 0; number < 10; number++) {
                                    journal.append(SampleLog.bytes("x".repeat(100)));
                                }
                            })
                    .isInstanceOfSatisfying(
                            JournalException.class,
                            e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.FULL))
                    .hasMessageContaining("no room in the journal");
            assertThat(journal.failure()).isEmpty();
            assertThat(loop).isNotNull();
        }
    }
}
