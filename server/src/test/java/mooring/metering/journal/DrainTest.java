package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.journal.MemoryStorage;
import mooring.metering.Acceptance;
import mooring.metering.Metered;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

class DrainTest {

    private final MemoryStorage storage = new MemoryStorage(64 << 20);
    private final ManualClock clock = new ManualClock();
    private final Life life = new Life(storage, clock);
    private final MemoryBooks books = new MemoryBooks();
    private final Drain drain = life.drain(books);

    private Acceptance settle(int number) {
        Acceptance acceptance = Samples.acceptance(number);
        Metered metered = life.meter.open(acceptance);
        metered.settle(Samples.settled(acceptance), Runnable::run);
        return acceptance;
    }

    @Test
    void whatIsSyncedIsBookedOnceAndToldToWhoeverHoldsTheLease() {
        Acceptance charged = settle(1);
        Acceptance free = Samples.acceptance(2);
        life.meter.open(free).release(Samples.released(free));

        assertThat(drain.drainOnce()).isFalse();
        assertThat(books.booked).as("before the sync").isEmpty();
        life.journal.sync();
        assertThat(drain.drainOnce()).isFalse();
        drain.drainOnce();

        assertThat(books.booked.values())
                .containsExactlyInAnyOrder(Samples.settled(charged), Samples.released(free));
        assertThat(life.told)
                .extracting(told -> told.outcome().id(), told -> told.booking().getClass())
                .containsExactly(
                        Tuple.tuple(charged.id(), Booking.Settled.class),
                        Tuple.tuple(free.id(), Booking.Released.class));
        assertThat(drain.drainedPast(life.journal.synced())).isTrue();
        assertThat(drain.outcomes()).isEqualTo(2);
        assertThat(life.checkpoint.drained()).isEqualTo(life.journal.synced());
    }

    @Test
    void theCheckpointStaysAtTheOldestRequestWithoutAnEnd() {
        settle(1);
        long before = life.journal.appended();
        Acceptance running = Samples.acceptance(2);
        Metered metered = life.meter.open(running);
        settle(3);
        life.journal.sync();

        Life.all(drain);
        assertThat(drain.oldestOpen()).isEqualTo(before);
        assertThat(new Life(storage.afterKill(), clock).drain(books).oldestOpen())
                .as("as the next process reads it")
                .isEqualTo(before);
        metered.settle(Samples.settled(running), Runnable::run);
        life.journal.sync();
        Life.all(drain);

        assertThat(drain.oldestOpen()).isEqualTo(drain.drained());
    }

    @Test
    void nothingIsLostHoweverLongTheStoreIsAway() {
        for (int number = 0; number < 100; number++) {
            settle(number);
        }
        life.journal.sync();
        books.failBefore(
                _ -> {
                    throw new IllegalStateException("connection refused");
                });

        for (int time = 0; time < 50; time++) {
            assertThatThrownBy(drain::drainOnce).hasMessage("connection refused");
            clock.pass(Duration.ofSeconds(10));
        }
        assertThat(drain.behind()).isGreaterThanOrEqualTo(Duration.ofSeconds(500));
        assertThat(drain.drained()).isZero();
        books.work();
        Life.all(drain);

        assertThat(books.booked).hasSize(100);
        assertThat(drain.behind()).isZero();
    }

    @Test
    void aBatchWhoseAnswerWasLostIsBookedOnce() {
        settle(1);
        life.journal.sync();
        books.failAfter(
                _ -> {
                    throw new IllegalStateException("connection reset");
                });
        assertThatThrownBy(drain::drainOnce).hasMessage("connection reset");
        books.work();

        Life.all(drain);

        assertThat(books.booked).hasSize(1);
        assertThat(life.told)
                .extracting(Life.Told::booking)
                .containsExactly(new Booking.Repeated());
    }

    @Test
    void aDifferingDuplicateIsAConflictAndThoseBehindItAreBooked() {
        Acceptance first = settle(1);
        life.journal.append(
                new OutcomeCodec().encode(Samples.settled(first, new Usage(1, 0, 0, 0, 1, 0))));
        Acceptance behind = settle(2);
        life.journal.sync();

        Life.all(drain);

        assertThat(books.of(first.id())).isEqualTo(Samples.settled(first));
        assertThat(books.conflicts).hasSize(1);
        assertThat(books.of(behind.id())).isNotNull();
    }

    @Test
    void b27AnUnreadableRecordIsKeptAsideAndThoseBehindItAreBooked() {
        Acceptance unknown = Samples.acceptance(1);
        life.meter.open(unknown);
        byte[] later = OutcomeCodec.copy(new OutcomeCodec().encode(Samples.settled(unknown)));
        later[0] = 9;
        life.journal.append(ByteBuffer.wrap(later));
        life.journal.append(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        Acceptance behind = settle(2);
        life.journal.sync();

        Life.all(drain);

        assertThat(life.kept)
                .containsExactly(
                        new Life.Kept(unknown.id(), "record of version 9 (expected: 1)"),
                        new Life.Kept(null, "record of 3 bytes (expected: at least 18)"));
        assertThat(books.booked.keySet()).containsExactly(behind.id());
        assertThat(drain.refused()).isEqualTo(2);
        assertThat(drain.oldestOpen()).as("the unreadable end ended it").isEqualTo(drain.drained());
        assertThat(new Life(storage.afterKill(), clock).recover(Samples.SECOND_LIFE).released())
                .isZero();
    }

    @Test
    void aRecordThatCannotBeKeptAsideIsNotPassedOver() {
        AtomicBoolean full = new AtomicBoolean(true);
        Drain careful =
                new Drain(
                        life.journal,
                        life.checkpoint,
                        books,
                        (_, _, _) -> {
                            if (full.get()) {
                                throw new IllegalStateException("away");
                            }
                        },
                        (_, _) -> {},
                        clock,
                        Drain.Options.DEFAULT);
        life.journal.append(ByteBuffer.wrap(new byte[20]));
        life.journal.sync();

        assertThatThrownBy(careful::drainOnce).hasMessage("away");
        assertThat(careful.drained()).isZero();
        full.set(false);
        careful.drainOnce();

        assertThat(careful.drainedPast(life.journal.synced())).isTrue();
    }

    @Test
    void oneOutcomeAtWhichTheBooksFailForEverIsSetAside() {
        RequestId poison = settle(3).id();
        for (int number = 4; number < 40; number++) {
            settle(number);
        }
        life.journal.sync();
        books.failBefore(
                outcomes -> {
                    if (outcomes.stream().anyMatch(each -> each.id().equals(poison))) {
                        throw new StackOverflowError("poison");
                    }
                });
        Drain isolating =
                life.drain(
                        new IsolatingBooks(books, life::keep),
                        new Drain.Options(16, 64, Duration.ZERO));

        int failures = 0;
        while (!isolating.drainedPast(life.journal.synced())) {
            try {
                isolating.drainOnce();
            } catch (StackOverflowError again) {
                failures++;
                assertThat(failures).isLessThan(20);
            }
        }

        assertThat(failures).isEqualTo(IsolatingBooks.PATIENCE);
        assertThat(books.booked).hasSize(36).doesNotContainKey(poison);
        assertThat(life.kept).extracting(Life.Kept::id).containsExactly(poison);
        assertThat(life.told.getFirst().booking()).isInstanceOf(Booking.Quarantined.class);
    }

    @Test
    void aStoreThatIsAwayIsNeverTakenForABadOutcome() {
        for (int number = 0; number < 20; number++) {
            settle(number);
        }
        life.journal.sync();
        books.failBefore(
                _ -> {
                    throw new IllegalStateException("away");
                });
        Drain isolating =
                life.drain(
                        new IsolatingBooks(books, life::keep),
                        new Drain.Options(16, 64, Duration.ZERO));
        for (int time = 0; time < 100; time++) {
            assertThatThrownBy(isolating::drainOnce).hasMessage("away");
        }
        // It comes and goes: two of three calls fail, whatever is in them.
        int[] calls = {0};
        books.failBefore(
                _ -> {
                    if (calls[0]++ % 3 > 0) {
                        throw new IllegalStateException("away");
                    }
                });

        for (int time = 0; time < 200 && !isolating.drainedPast(life.journal.synced()); time++) {
            try {
                isolating.drainOnce();
            } catch (IllegalStateException away) {
                assertThat(away).hasMessage("away");
            }
        }

        assertThat(books.booked).hasSize(20);
        assertThat(life.kept).isEmpty();
    }

    @Test
    void whoIsToldMayFailWithoutStoppingTheDrain() {
        settle(1);
        settle(2);
        life.journal.sync();
        Drain told =
                new Drain(
                        life.journal,
                        life.checkpoint,
                        books,
                        life::keep,
                        (_, _) -> {
                            throw new AssertionError("a bug");
                        },
                        clock,
                        Drain.Options.DEFAULT);

        told.drainOnce();

        assertThat(told.outcomes()).isEqualTo(2);
    }

    @Test
    void theCheckpointIsWrittenOnlyNowAndThenAndAtTheEnd() {
        Drain rarely = life.drain(books, new Drain.Options(8, 64, Duration.ofSeconds(1)));
        settle(1);
        life.journal.sync();
        rarely.drainOnce();
        assertThat(life.checkpoint.drained()).isZero();
        clock.pass(Duration.ofSeconds(1));
        settle(2);
        life.journal.sync();
        rarely.drainOnce();
        assertThat(life.checkpoint.drained()).isEqualTo(rarely.drained());
        settle(3);
        life.journal.sync();
        rarely.drainOnce();
        rarely.close();

        assertThat(life.checkpoint.drained()).isEqualTo(life.journal.synced());
    }

    @Test
    void aKeptJournalIsBookedWholeAnyNumberOfTimes() {
        Acceptance running = Samples.acceptance(50);
        life.meter.open(running);
        Acceptance free = Samples.acceptance(51);
        life.meter.open(free).release(Samples.released(free));
        for (int number = 0; number < 40; number++) {
            settle(number);
        }
        life.journal.append(ByteBuffer.wrap(new byte[20]));
        life.journal.sync();
        Life.all(drain);
        MemoryBooks restored = new MemoryBooks();
        books.booked.values().stream()
                .filter(UsageRecord.class::isInstance)
                .limit(10)
                .forEach(each -> restored.book(List.of(each)));
        JournalReplay replay = new JournalReplay(restored, life::keep);

        JournalReplay.Counts once = replay.replay(storage.afterKill());
        JournalReplay.Counts twice = replay.replay(storage.afterKill());

        assertThat(once).isEqualTo(new JournalReplay.Counts(84, 30, 10, 1, 0, 0, 1, 1, 0));
        assertThat(twice).isEqualTo(new JournalReplay.Counts(84, 0, 41, 0, 0, 0, 1, 1, 0));
        assertThat(restored.booked).isEqualTo(books.booked);
    }

    @Test
    void nothingIsDeletedThatIsNotBookedEndedBackedUpAndOldEnough() {
        AtomicReference<Instant> backup = new AtomicReference<>();
        JournalTrim trim = new JournalTrim(life.journal, drain, backup::get, clock);
        Metered running = life.meter.open(Samples.acceptance(9_000));
        for (int number = 0; number < 1_000; number++) {
            settle(number);
            if (number % 50 == 0) {
                life.journal.sync();
            }
        }
        life.journal.sync();
        Life.all(drain);
        clock.pass(Duration.ofDays(8));
        assertThat(trim.trimOnce()).as("no backup").isZero();
        backup.set(clock.now().minusSeconds(60));
        assertThat(trim.trimOnce()).as("backup before it was seen as booked").isZero();
        clock.pass(Duration.ofMinutes(11));
        backup.set(clock.now());
        assertThat(trim.trimOnce()).as("a request is open at the beginning").isZero();
        running.settle(Samples.settled(Samples.acceptance(9_000)), Runnable::run);
        life.journal.sync();
        Life.all(drain);
        clock.pass(Duration.ofMinutes(11));
        assertThat(trim.trimOnce()).as("the backup is older than that end").isZero();
        clock.pass(Duration.ofMinutes(11));
        backup.set(clock.now());

        assertThat(trim.trimOnce()).isGreaterThan(2);
        assertThat(life.journal.oldest()).isGreaterThan(0).isLessThanOrEqualTo(drain.drained());
        assertThat(new Life(storage.afterKill(), clock).drain(books).drainOnce()).isFalse();
    }
}
