package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import mooring.journal.JournalException;
import mooring.journal.MemoryStorage;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.metering.UsageRecord;
import org.junit.jupiter.api.Test;

/// What a disk could not sync may still be read by the next process, and be gone for the one after.
class DoubtfulRecordsTest {

    private static final int POWER_CUTS = 20;

    private final ManualClock clock = new ManualClock();

    @Test
    void whatWasBookedFromAFileThatCouldNotBeSyncedIsNotEndedAgainWithoutIt() {
        MemoryStorage first = new MemoryStorage(64 << 20);
        NodeEpoch node = new NodeEpoch("node-1", 1);
        Life life = new Life(first, clock);
        life.recover(node);
        Acceptance acceptance = Samples.acceptance(0, false, node);
        Metered metered = life.meter.open(acceptance);
        life.journal.sync();
        UsageRecord end = Samples.settled(acceptance);
        var settled = metered.settle(end, Runnable::run).toCompletableFuture();
        first.failing(true);
        try {
            life.journal.sync();
        } catch (JournalException expected) {
            assertThat(expected).hasMessageContaining("EIO");
        }
        assertThat(settled).isCompletedExceptionally();

        MemoryStorage second = first.afterKill();
        MemoryBooks books = new MemoryBooks();
        Life after = new Life(second, clock);
        Recovery.Report found = after.recover(new NodeEpoch("node-1", 2));
        Drain drain = after.drain(books);
        Life.all(drain);
        assertThat(found.released()).isZero();
        assertThat(found.undrained()).as("the record and its copy").isEqualTo(2);
        assertThat(books.of(acceptance.id())).isEqualTo(end);

        Random random = new Random(7);
        for (int cut = 0; cut < POWER_CUTS; cut++) {
            Life last = new Life(second.afterPowerCut(random), clock);
            Recovery.Report left = last.recover(new NodeEpoch("node-1", 3));
            assertThat(left.released() + left.billed()).isZero();
            Life.all(last.drain(books));
            assertThat(books.of(acceptance.id())).isEqualTo(end);
            assertThat(books.conflicts).isEmpty();
        }
    }
}
