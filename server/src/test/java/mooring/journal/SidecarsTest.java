package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/// The small files beside the log: checkpoint and progress table.
class SidecarsTest {

    private static final UUID OTHER = UUID.fromString("0198f3aa-9999-7222-8333-944445555666");

    private final MemoryStorage disk = new MemoryStorage(1 << 24);

    @Test
    void aCheckpointIsDurableWhenItIsWritten() {
        try (Checkpoint checkpoint = Checkpoint.open(disk, SampleLog.ID)) {
            assertThat(checkpoint.drained()).isZero();
            checkpoint.write(500, 300);
            checkpoint.write(900, 900);
        }
        MemoryStorage after = disk.afterPowerCut(new Random(1));
        try (Checkpoint checkpoint = Checkpoint.open(after, SampleLog.ID)) {
            assertThat(checkpoint.drained()).isEqualTo(900);
            assertThat(checkpoint.oldestOpen()).isEqualTo(900);
            checkpoint.write(1_000, 950);
        }
        try (Checkpoint checkpoint = Checkpoint.open(after, SampleLog.ID)) {
            assertThat(checkpoint.drained()).isEqualTo(1_000);
            assertThat(checkpoint.oldestOpen()).isEqualTo(950);
            assertThat(checkpoint.damagedCopies()).isZero();
        }
    }

    @Test
    void aTornCheckpointIsTheOneBefore() {
        try (Checkpoint checkpoint = Checkpoint.open(disk, SampleLog.ID)) {
            checkpoint.write(100, 50);
            checkpoint.write(200, 150);
            checkpoint.write(300, 250);
        }
        byte[] bytes = disk.get("checkpoint");
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            MemoryStorage torn = disk.afterKill();
            torn.get("checkpoint")[bit / 8] ^= (byte) (1 << (bit % 8));
            try (Checkpoint checkpoint = Checkpoint.open(torn, SampleLog.ID)) {
                assertThat(checkpoint.drained()).isIn(200L, 300L);
                assertThat(checkpoint.oldestOpen()).isEqualTo(checkpoint.drained() - 50);
                if (checkpoint.drained() == 200) {
                    assertThat(checkpoint.damagedCopies()).isEqualTo(1);
                }
                checkpoint.write(400, 400);
            }
            try (Checkpoint checkpoint = Checkpoint.open(torn, SampleLog.ID)) {
                assertThat(checkpoint.drained()).isEqualTo(400);
            }
        }
    }

    @Test
    void anothersCheckpointIsRefused() {
        try (Checkpoint checkpoint = Checkpoint.open(disk, SampleLog.ID)) {
            checkpoint.write(100, 50);
        }
        assertThatThrownBy(() -> Checkpoint.open(disk, OTHER))
                .hasMessage(
                        "checkpoint: version 1 of journal %s (expected: version 1 of %s)"
                                .formatted(SampleLog.ID, OTHER));
    }

    @Test
    void progressIsFoundAfterAKillAndEndsWhenItIsFreed() {
        UUID first = new UUID(1, 1);
        UUID second = new UUID(1, 2);
        ProgressTable table = ProgressTable.open(disk, SampleLog.ID, 100);
        int one = table.claim(first);
        table.write(one, 1, 2, 3, 4, 5, 6);
        table.write(one, 11, 12, 13, 14, 15, 16);
        int two = table.claim(second);
        int gone = table.claim(new UUID(1, 3));
        table.write(gone, 9, 9, 9, 9, 9, 9);
        table.free(gone);

        ProgressTable after = ProgressTable.open(disk.afterKill(), SampleLog.ID, 100);
        assertThat(after.recover()).containsOnlyKeys(first, second);
        assertThat(SampleLog.progress(after, first)).containsExactly(11, 12, 13, 14, 15, 16);
        assertThat(SampleLog.progress(after, second)).containsExactly(0, 0, 0, 0, 0, 0);
        assertThat(after.damaged()).isZero();
        assertThat(after.claim(new UUID(1, 4))).isNotIn(one, two);
        after.free(first);
        assertThat(after.recover()).containsOnlyKeys(second);
    }

    @Test
    void aTornWriteLeavesTheNumbersBefore() {
        UUID id = new UUID(7, 7);
        ProgressTable table = ProgressTable.open(disk, SampleLog.ID, 1);
        int slot = table.claim(id);
        table.write(slot, 10, 0, 0, 0, 20, 0);
        table.write(slot, 11, 0, 0, 0, 21, 0);
        int start = (slot + 1) * ProgressSlot.BYTES;
        for (int bit = 0; bit < ProgressSlot.BYTES * 8; bit++) {
            MemoryStorage torn = disk.afterKill();
            torn.get("progress-0000.slots")[start + bit / 8] ^= (byte) (1 << (bit % 8));
            ProgressTable after = ProgressTable.open(torn, SampleLog.ID, 1);
            if (bit < 128) {
                // Whose it was is not known any more.
                assertThat(after.recover()).isEmpty();
                assertThat(after.damaged()).isEqualTo(1);
            } else {
                assertThat(after.recover()).containsOnlyKeys(id);
                long[] values = SampleLog.progress(after, id);
                assertThat(values[0]).isIn(10L, 11L);
                assertThat(values[4]).isEqualTo(values[0] + 10);
            }
        }
    }

    @Test
    void progressSurvivesAPowerCutOnceItIsSynced() {
        UUID id = new UUID(7, 7);
        ProgressTable table = ProgressTable.open(disk, SampleLog.ID, 1);
        int slot = table.claim(id);
        table.write(slot, 10, 0, 0, 0, 20, 0);
        table.sync();
        table.write(slot, 11, 0, 0, 0, 21, 0);
        Random random = new Random(3);
        for (int round = 0; round < 20; round++) {
            ProgressTable after = ProgressTable.open(disk.afterPowerCut(random), SampleLog.ID, 1);
            assertThat(SampleLog.progress(after, id)[0]).isIn(10L, 11L);
        }
    }

    @Test
    void aFailedSyncOfProgressIsFinal() {
        ProgressTable table = ProgressTable.open(disk, SampleLog.ID, 1);
        table.write(table.claim(new UUID(7, 7)), 10, 0, 0, 0, 20, 0);
        disk.failing(true);

        assertThatThrownBy(table::sync).hasMessageContaining("EIO");

        disk.failing(false);
        assertThatThrownBy(table::sync).hasMessageContaining("EIO");
    }

    @Test
    void theTableGrowsAheadOfItsUseToItsBound() {
        int most = 2 * ProgressTable.SLOTS_PER_FILE;
        ProgressTable table =
                ProgressTable.open(disk, SampleLog.ID, ProgressTable.SLOTS_PER_FILE + 1);
        List<Integer> slots = new ArrayList<>();
        for (int number = 0; number < most; number++) {
            slots.add(table.claim(new UUID(5, number)));
            if (number == ProgressTable.SLOTS_PER_FILE - 100) {
                assertThat(disk.names()).hasSize(1);
                table.sync();
                assertThat(disk.names()).hasSize(2);
            }
        }
        assertThat(slots).doesNotHaveDuplicates();
        assertThatThrownBy(() -> table.claim(new UUID(6, 0)))
                .hasMessage("no free slot in the progress table (expected: at most 8192 in use)");
        table.free(slots.get(5_000));
        assertThat(table.claim(new UUID(6, 0))).isEqualTo(slots.get(5_000));
        assertThat(ProgressTable.open(disk.afterKill(), SampleLog.ID, 1).recover())
                .hasSize(most)
                .containsKey(new UUID(6, 0));
    }

    @Test
    void anothersProgressIsRefused() {
        ProgressTable.open(disk, SampleLog.ID, 1).close();
        assertThatThrownBy(() -> ProgressTable.open(disk, OTHER, 1))
                .isInstanceOfSatisfying(
                        JournalException.class,
                        e -> assertThat(e.kind()).isEqualTo(JournalException.Kind.FOREIGN));
    }
}
