package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/// What waits to be written, and the memory that it takes.
class GatheredTest {

    private final MemoryStorage disk = new MemoryStorage(16 << 20);
    private final JournalFile file = disk.create("file", 8 << 20);
    private final Gathered gathered = new Gathered(0, 1);
    private int offset;

    @Test
    void theMemoryOfManyWritesIsThatOfTwoBuffers() {
        add(100);
        write();
        add(100);
        write();
        int held = gathered.held();
        for (int round = 0; round < 50; round++) {
            for (int record = 0; record < 40; record++) {
                add(100);
            }
            write();
        }
        assertThat(gathered.held()).isEqualTo(held).isLessThan(Gathered.KEPT_BYTES);
    }

    @Test
    void noMoreWaitsThanMayAndOneLargeRecordDoesWhenItIsAlone() {
        int whole = SegmentFormat.recordBytes(100);
        while (gathered.fits(whole)) {
            add(100);
        }
        assertThat(offset).isBetween(Gathered.MAX_BYTES - whole, Gathered.MAX_BYTES);
        write();
        assertThat(gathered.fits(2 * Gathered.MAX_BYTES)).isTrue();
        add(2 * Gathered.MAX_BYTES);
        assertThat(gathered.fits(whole)).isFalse();
        write();
    }

    @Test
    void aBufferThatGrewForALargeRecordIsNotKept() {
        add(2 * Gathered.MAX_BYTES);
        write();
        assertThat(gathered.held()).isZero();
    }

    @Test
    void whatWasTakenAndNotWrittenIsNotForgotten() {
        add(100);
        gathered.take();
        assertThatThrownBy(gathered::take)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("120 bytes were taken and not written (expected: 0)");
    }

    private void add(int payload) {
        int whole = SegmentFormat.recordBytes(payload);
        gathered.add(offset, ByteBuffer.allocate(payload), whole);
        offset += whole;
    }

    private void write() {
        gathered.take();
        gathered.write(file);
    }
}
