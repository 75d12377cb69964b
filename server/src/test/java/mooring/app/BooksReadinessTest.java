package mooring.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import mooring.admin.ReadinessCheck;
import mooring.journal.Journal;
import mooring.journal.JournalException;
import mooring.journal.JournalOptions;
import mooring.journal.MemoryStorage;
import mooring.journal.ProgressTable;
import mooring.ledger.LedgerWorld;
import mooring.ledger.NodeEpoch;
import mooring.ledger.lease.LeaseBook;
import mooring.ledger.lease.LeaseKeeper;
import mooring.ledger.lease.LeaseTimings;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.metering.journal.JournalMeter;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

class BooksReadinessTest {

    private static final UUID ID = new UUID(1, 2);
    private static final JournalOptions SMALL =
            JournalOptions.of(ID).withSegments(64 << 10, 32 << 10).withAppendWait(Duration.ZERO);

    private final MemoryStorage disk = new MemoryStorage(1 << 20);
    private final Journal journal = Journal.open(disk, SMALL, Clock.system());
    private final ReadinessCheck check =
            BooksReadiness.journal(
                    journal, new JournalMeter(journal, ProgressTable.open(disk, ID, 16)));

    @Test
    void aJournalThatCouldNotBeSyncedIsNamedAndStaysSo() {
        assertThat(check.check()).isEqualTo(ReadinessCheck.PASSED);
        journal.append(ByteBuffer.wrap("what was used".getBytes(UTF_8)));
        disk.failing(true);
        assertThatThrownBy(journal::sync).isInstanceOf(JournalException.class);
        disk.failing(false);
        assertThat(reason(check)).contains("fault of the disk", "restart");
    }

    @Test
    void aFullDiskIsNamedUntilThereIsRoom() {
        disk.capacity(0);
        assertThatThrownBy(
                        () -> {
                            for (int i = 0; i < 1000; i++) {
                                journal.append(ByteBuffer.wrap(new byte[512]));
                                journal.sync();
                            }
                        })
                .isInstanceOf(JournalException.class);
        assertThat(reason(check)).contains("the disk is full", "no space left");
    }

    @Test
    void aNodeThatWasGivenUpSaysSoUntilItStartsAnew() {
        try (LedgerWorld world = new LedgerWorld()) {
            NodeEpoch node = world.begin("paused-a");
            LeaseBook book = new LeaseBook(world.clock, LeaseTimings.DEFAULT);
            ReadinessCheck leases = BooksReadiness.leases(book, node);
            assertThat(reason(leases)).contains("no money can be leased");
            LeaseKeeper keeper = new LeaseKeeper(book, new PostgresLeaseStore(world.jdbi), node);
            keeper.step();
            assertThat(leases.check()).isEqualTo(ReadinessCheck.PASSED);

            // Its successor runs already.
            NodeEpoch next = world.begin("paused-a");
            LeaseBook stale = new LeaseBook(world.clock, LeaseTimings.DEFAULT);
            new LeaseKeeper(stale, new PostgresLeaseStore(world.jdbi), node).step();
            assertThat(next.epoch()).isGreaterThan(node.epoch());
            assertThat(reason(BooksReadiness.leases(stale, node)))
                    .contains("node paused-a, epoch " + node.epoch(), "given up", "restart");
        }
    }

    @Test
    void chargesThatWaitTooLongAreNamed() {
        AtomicReference<Duration> behind = new AtomicReference<>(Duration.ofSeconds(30));
        ReadinessCheck drain = BooksReadiness.drain(behind::get);
        assertThat(drain.check()).isEqualTo(ReadinessCheck.PASSED);
        behind.set(Duration.ofSeconds(31));
        assertThat(reason(drain)).contains("31 s to be booked (expected: at most 30 s)");
    }

    private static String reason(ReadinessCheck check) {
        return ((ReadinessCheck.Result.Failed) check.check()).reason();
    }
}
