package mooring.metering.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import mooring.inference.Usage;
import mooring.journal.MemoryStorage;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.MeterException;
import mooring.metering.Metered;
import mooring.metering.Outcome;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class JournalMeterTest {

    /// A loop that runs what it was given when a test says so.
    private static final class Loop implements Executor {
        final Deque<Runnable> tasks = new ArrayDeque<>();
        int given;

        @Override
        public void execute(Runnable task) {
            given++;
            tasks.add(task);
        }

        void run() {
            while (!tasks.isEmpty()) {
                tasks.remove().run();
            }
        }
    }

    private final MemoryStorage storage = new MemoryStorage(64 << 20);
    private final ManualClock clock = new ManualClock();
    private final Life life = new Life(storage, clock);
    private final Loop loop = new Loop();

    private static boolean done(CompletionStage<Void> stage) {
        return stage.toCompletableFuture().isDone();
    }

    @Test
    void oneTaskForEachSyncAndLoopTellsAllWhoWait() {
        Loop other = new Loop();
        List<CompletionStage<Void>> stages = new ArrayList<>();
        for (int number = 0; number < 100; number++) {
            Acceptance acceptance = Samples.acceptance(number);
            Metered metered = life.meter.open(acceptance);
            Loop its = number % 4 == 0 ? other : loop;
            stages.add(metered.durable(its));
            stages.add(metered.settle(Samples.settled(acceptance), its));
        }
        assertThat(life.meter.counts().waiting()).isEqualTo(200);

        life.journal.sync();

        assertThat(loop.given).isEqualTo(1);
        assertThat(other.given).isEqualTo(1);
        assertThat(stages).noneMatch(JournalMeterTest::done);
        loop.run();
        other.run();
        assertThat(stages).allMatch(JournalMeterTest::done);
        assertThat(life.meter.counts()).isEqualTo(new JournalMeter.Counts(100, 100, 0, 0, 0, 0));
    }

    @Test
    void whatIsSyncedAlreadyIsNotWaitedFor() {
        Metered metered = life.meter.open(Samples.acceptance(1));
        life.journal.sync();

        assertThat(done(metered.durable(loop))).isTrue();
        assertThat(loop.given).isZero();
    }

    @Test
    void aRequestEndsOnce() { // B24
        Acceptance acceptance = Samples.acceptance(1);
        Metered metered = life.meter.open(acceptance);
        metered.settle(Samples.settled(acceptance), loop);

        assertThatThrownBy(() -> metered.settle(Samples.settled(acceptance), loop))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(acceptance.id() + ": settled after it was settled (expected: one end)");
        assertThatThrownBy(() -> metered.release(Samples.released(acceptance)))
                .hasMessage(
                        acceptance.id() + ": released after it was settled (expected: one end)");
        assertThatThrownBy(() -> metered.progress(Usage.NONE))
                .hasMessage(acceptance.id() + ": progress after it was settled (expected: none)");
        Acceptance another = Samples.acceptance(2);
        assertThatThrownBy(() -> life.meter.open(another).settle(Samples.settled(acceptance), loop))
                .hasMessage("end of %s (expected: of %s)".formatted(acceptance.id(), another.id()));
    }

    @Test
    void progressIsKeptUntilTheFinalRecordIsOnTheDisk() {
        Acceptance acceptance = Samples.acceptance(1);
        Metered metered = life.meter.open(acceptance);
        Usage usage = new Usage(1, 2, 3, 4, 50, 6);
        metered.progress(new Usage(1, 2, 3, 4, 5, 0));
        metered.progress(usage);
        metered.settle(Samples.settled(acceptance), loop);
        assertThat(new Life(storage.afterKill(), clock).progress.recover())
                .hasSize(1)
                .hasEntrySatisfying(
                        acceptance.id().uuid(),
                        values -> assertThat(values).containsExactly(1, 2, 3, 4, 50, 6));

        life.journal.sync();

        assertThat(new Life(storage.afterKill(), clock).progress.recover()).isEmpty();
    }

    @Test
    void whenTheDiskFailsEveryWaitFailsAndNothingIsAdmitted() {
        Acceptance acceptance = Samples.acceptance(1);
        Metered metered = life.meter.open(acceptance);
        Metered running = life.meter.open(Samples.acceptance(2));
        CompletionStage<Void> settled = metered.settle(Samples.settled(acceptance), loop);
        storage.failing(true);

        assertThatThrownBy(life.journal::sync).hasMessageContaining("sync failed");
        loop.run();

        assertThat(settled.toCompletableFuture().isCompletedExceptionally()).isTrue();
        assertThat(life.meter.writable()).isFalse();
        assertThatThrownBy(() -> life.meter.open(Samples.acceptance(3)))
                .isInstanceOf(MeterException.class)
                .hasMessageStartingWith("usage cannot be written: the journal has failed");
        assertThat(failureOf(running.durable(loop))).isInstanceOf(MeterException.class);
        assertThat(failureOf(running.settle(Samples.settled(Samples.acceptance(2)), loop)))
                .isInstanceOf(MeterException.class);
        assertThat(life.meter.counts().unwritten()).isEqualTo(1);
    }

    private static Throwable failureOf(CompletionStage<Void> stage) {
        CompletableFuture<Void> future = stage.toCompletableFuture();
        assertThat(future.isCompletedExceptionally()).isTrue();
        return future.exceptionNow();
    }

    @Test
    void aFullDiskRefusesNewRequestsWhileThereIsRoomForTheEndsOfRunningOnes() {
        life.journal.sync();
        storage.capacity(0);
        Deque<Acceptance> accepted = new ArrayDeque<>();
        Deque<Metered> running = new ArrayDeque<>();
        int number = 0;
        while (life.meter.writable()) {
            assertThat(number).as("64 KiB and 64 KiB hold no more").isLessThan(600);
            Acceptance acceptance = Samples.acceptance(number++);
            accepted.add(acceptance);
            running.add(life.meter.open(acceptance));
            if (running.size() > 40) {
                settle(running.remove(), accepted.remove());
            }
        }

        assertThatThrownBy(() -> life.meter.open(Samples.acceptance(9_999)))
                .isInstanceOf(MeterException.class)
                .hasMessageContaining("no space left");
        assertThat(running).hasSize(40);
        while (!running.isEmpty()) {
            settle(running.remove(), accepted.remove());
        }
        storage.capacity(64 << 20);
        clock.pass(Duration.ofSeconds(2));
        life.journal.prepare();
        assertThat(life.meter.writable()).as("when there is room again").isTrue();
    }

    private void settle(Metered metered, Acceptance acceptance) {
        CompletionStage<Void> settled = metered.settle(Samples.settled(acceptance), Runnable::run);
        life.journal.sync();
        assertThat(settled.toCompletableFuture()).isCompleted();
    }

    @Test
    void aLoopThatHasEndedFailsItsWaitsAndNobodyElses() {
        Metered one = life.meter.open(Samples.acceptance(1));
        Metered two = life.meter.open(Samples.acceptance(2));
        CompletionStage<Void> gone =
                one.durable(
                        _ -> {
                            throw new RejectedExecutionException("closed");
                        });
        CompletionStage<Void> there = two.durable(Runnable::run);

        life.journal.sync();

        assertThat(gone.toCompletableFuture().isCompletedExceptionally()).isTrue();
        assertThat(there.toCompletableFuture()).isCompleted();
    }

    @Test
    void b33WhatAnEarlierLifeLeftOpenIsBilledAsDeliveredOrReleased() {
        Acceptance streamed = Samples.acceptance(1);
        life.meter.open(streamed).progress(new Usage(100, 0, 0, 0, 7, 0));
        Acceptance large = Samples.acceptance(2);
        life.meter.open(large).progress(new Usage(9_000, 0, 0, 0, 1, 0));
        Acceptance silent = Samples.acceptance(3);
        life.meter.open(silent);
        Acceptance whole = Samples.acceptance(4, false, Samples.FIRST_LIFE);
        life.meter.open(whole).progress(new Usage(100, 0, 0, 0, 7, 0));
        Acceptance ended = Samples.acceptance(5);
        life.meter.open(ended).settle(Samples.settled(ended), loop);
        life.journal.sync();
        Life next = new Life(storage.afterKill(), clock);
        Acceptance current = Samples.acceptance(6, true, Samples.SECOND_LIFE);
        next.meter.open(current).progress(new Usage(1, 0, 0, 0, 1, 0));
        MemoryBooks books = new MemoryBooks();

        Recovery.Report report = next.recover(Samples.SECOND_LIFE);

        assertThat(report)
                .isEqualTo(
                        new Recovery.Report(
                                2, 2, 0, 5, next.journal.appended(), Set.of(Samples.FIRST_LIFE)));
        Drain drain = next.drain(books);
        assertThat(drain.drainedPast(report.end())).isFalse();
        Life.all(drain);
        assertThat(drain.drainedPast(report.end())).isTrue();
        UsageRecord billed = record(books.of(streamed.id()));
        assertThat(billed.ending()).isEqualTo(Ending.GATEWAY_LOST);
        assertThat(billed.estimated()).isTrue();
        assertThat(billed.usage()).isEqualTo(new Usage(100, 0, 0, 0, 7, 0));
        assertThat(billed.charge()).isEqualTo(Samples.usd(107));
        assertThat(billed.hold()).isEqualTo(streamed.hold());
        assertThat(record(books.of(large.id())).hold().amount())
                .as("a hold that had grown")
                .isEqualTo(Samples.usd(9_001));
        for (Acceptance nothing : List.of(silent, whole)) {
            assertThat(books.of(nothing.id()))
                    .isInstanceOfSatisfying(
                            Release.class,
                            release -> assertThat(release.problem()).isEqualTo("gateway_lost"));
        }
        assertThat(books.of(ended.id())).isEqualTo(Samples.settled(ended));
        assertThat(books.of(current.id())).isNull();
        assertThat(next.recover(Samples.SECOND_LIFE).billed()).as("once").isZero();
    }

    @Test
    void progressOfAnAdmissionThatWasNeverWrittenIsForgotten() {
        Acceptance kept = Samples.acceptance(1);
        life.meter.open(kept).progress(new Usage(100, 0, 0, 0, 7, 0));
        life.journal.sync();
        Acceptance unwritten = Samples.acceptance(2);
        life.meter.open(unwritten).progress(new Usage(100, 0, 0, 0, 9, 0));
        Life next = new Life(storage.afterKill(), clock);
        MemoryBooks books = new MemoryBooks();
        assertThat(next.progress.recover()).containsKey(unwritten.id().uuid());

        Recovery.Report report = next.recover(Samples.SECOND_LIFE);

        assertThat(report.billed()).isEqualTo(1);
        assertThat(report.released() + report.unfinished()).isZero();
        Life.all(next.drain(books));
        assertThat(books.booked.keySet()).containsExactly(kept.id());
        assertThat(next.progress.recover()).isEmpty();
    }

    @Test
    void whatIsChargedForTheRequestItselfStandsInTheRecordOfALostOne() {
        Acceptance streamed = Samples.acceptance(1);
        life.meter.open(streamed).progress(new Usage(100, 0, 0, 0, 7, 0));
        life.journal.sync();
        Life next = new Life(storage.afterKill(), clock);
        MemoryBooks books = new MemoryBooks();
        SortedMap<String, Long> fee = new TreeMap<>(Map.of("request", 1L));

        next.recover(Samples.SECOND_LIFE, (_, _) -> new Recovery.Priced(Samples.usd(1_000), fee));

        Life.all(next.drain(books));
        assertThat(record(books.of(streamed.id())).calls()).isEqualTo(fee);
        assertThat(record(books.of(streamed.id())).charge()).isEqualTo(Samples.usd(1_000));
    }

    private static UsageRecord record(@Nullable Outcome outcome) {
        assertThat(outcome).isInstanceOf(UsageRecord.class);
        return (UsageRecord) Objects.requireNonNull(outcome);
    }

    @Test
    void whatCannotBePricedNowStaysForTheNextStart() {
        Acceptance acceptance = Samples.acceptance(1);
        life.meter.open(acceptance).progress(new Usage(100, 0, 0, 0, 7, 0));
        life.journal.sync();
        Life next = new Life(storage.afterKill(), clock);

        assertThat(
                        next.recover(
                                        Samples.SECOND_LIFE,
                                        (_, _) -> {
                                            throw new IllegalStateException("no such price");
                                        })
                                .unfinished())
                .isEqualTo(1);

        Life third = new Life(storage.afterKill(), clock);
        assertThat(new Life(storage.afterKill(), clock).recover(Samples.SECOND_LIFE).billed())
                .isEqualTo(1);
        assertThat(third.progress.recover()).containsKey(acceptance.id().uuid());
    }

    @Test
    void aRecoveryThatFillsSegmentsGoesOnInTheNext() {
        for (int number = 0; number < 600; number++) {
            life.meter.open(Samples.acceptance(number));
            if (number % 100 == 0) {
                life.journal.sync();
            }
        }
        life.journal.sync();
        Life next = new Life(storage.afterKill(), clock);

        assertThat(next.recover(Samples.SECOND_LIFE).released()).isEqualTo(600);
    }
}
