package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.journal.MemoryStorage;
import mooring.metering.Acceptance;
import mooring.testing.Await;
import mooring.time.Clock;
import org.junit.jupiter.api.Test;

class DrainLoopTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final DrainLoop.Options QUICK =
            new DrainLoop.Options(
                    Duration.ofMillis(5),
                    Duration.ofMillis(5),
                    Duration.ofMillis(1),
                    Duration.ofMillis(20),
                    Duration.ofSeconds(5));

    private final MemoryStorage storage = new MemoryStorage(64 << 20);
    private final Life life = new Life(storage, new ManualClock());
    private final MemoryBooks books = new MemoryBooks();
    private final Drain drain =
            new Drain(
                    life.journal,
                    life.checkpoint,
                    books,
                    life::keep,
                    (_, _) -> {},
                    Clock.system(),
                    Drain.Options.DEFAULT);

    private void settle(int number) {
        Acceptance acceptance = Samples.acceptance(number);
        life.meter.open(acceptance).settle(Samples.settled(acceptance), Runnable::run);
        life.journal.sync();
    }

    private boolean booked(int count) {
        synchronized (books) {
            return books.booked.size() == count;
        }
    }

    @Test
    void neitherFailuresNorErrorsEndTheThreadThatBooks() {
        AtomicInteger times = new AtomicInteger();
        books.failBefore(
                _ -> {
                    if (times.incrementAndGet() % 2 == 0) {
                        throw new OutOfMemoryError("for this test");
                    }
                    throw new IllegalStateException("away");
                });
        try (DrainLoop loop = DrainLoop.start(drain, QUICK, Clock.system())) {
            settle(1);
            Await.until("ten tries", SOON, () -> times.get() >= 10);
            assertThat(loop.healthy()).isFalse();
            books.work();
            Await.until("booked", SOON, () -> booked(1) && loop.healthy());
            settle(2);
            Await.until("booked", SOON, () -> booked(2));
        }
    }

    @Test
    void closingBooksWhatIsSynced() {
        DrainLoop loop =
                DrainLoop.start(
                        drain,
                        new DrainLoop.Options(
                                Duration.ofDays(1),
                                Duration.ofDays(1),
                                Duration.ofMillis(1),
                                Duration.ofMillis(20),
                                Duration.ofSeconds(20)),
                        Clock.system());
        for (int number = 0; number < 50; number++) {
            settle(number);
        }

        loop.close();

        assertThat(books.booked).hasSize(50);
        assertThat(life.checkpoint.drained()).isEqualTo(life.journal.synced());
        assertThat(loop.healthy()).as("nobody takes steps any more").isFalse();
    }

    @Test
    void aStoreThatDoesNotAnswerShowsAndDoesNotKeepTheProcess() {
        CountDownLatch never = new CountDownLatch(1);
        books.failBefore(
                _ -> {
                    try {
                        never.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("interrupted", e);
                    }
                });
        DrainLoop loop =
                DrainLoop.start(
                        drain,
                        new DrainLoop.Options(
                                Duration.ofMillis(5),
                                Duration.ofMillis(5),
                                Duration.ofMillis(1),
                                Duration.ofMillis(20),
                                Duration.ofMillis(100)),
                        Clock.system());
        settle(1);
        Duration at = Duration.ofMillis(50);
        Await.until("behind", SOON, () -> loop.behind().compareTo(at) > 0);

        loop.close();

        assertThat(books.booked).isEmpty();
        assertThat(drain.outcomes()).isZero();
    }
}
