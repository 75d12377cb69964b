package mooring.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.engine.EngineFailure;
import mooring.engine.EngineStream;
import mooring.ids.RequestId;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import mooring.metering.Ending;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.testing.Await;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RelayTest {

    private static final StreamEvent.Finished STOP =
            new StreamEvent.Finished(0, FinishReason.STOP, Extras.NONE);
    private static final Usage COUNT = Usage.ofPrompt(10, 0, 3, 0);

    /// How far an answer has come when something happens to it.
    enum Stage {
        WAITING,
        RELAYING,
        COUNTING,
        BOOKING,
        OVER
    }

    private final Vertx vertx = Vertx.vertx();

    @AfterAll
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void aCallerWhoLeavesEndsTheRequestExactlyOnceWhereverItStands(Stage stage) {
        World world = new World(true);
        world.run(
                () -> {
                    world.reach(stage);
                    world.gone.run();
                    world.booked.tryComplete(world.receipt());
                    world.relay.failed(new EngineFailure.Broken("late"));
                    world.relay.event(new StreamEvent.Ended());
                });

        assertThat(world.settled.size() + world.released.size()).isEqualTo(1);
        assertThat(world.ends()).isLessThanOrEqualTo(1);
        assertThat(world.cancelled || stage.compareTo(Stage.BOOKING) >= 0).isTrue();
        assertThat(world.relay.over()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void anEngineThatFailsEndsTheRequestExactlyOnceWhereverItStands(Stage stage) {
        World world = new World(true);
        world.run(
                () -> {
                    world.reach(stage);
                    world.relay.failed(new EngineFailure.Broken("cut"));
                    world.booked.tryComplete(world.receipt());
                    world.relay.failed(new EngineFailure.Broken("again"));
                });

        assertThat(world.settled.size() + world.released.size()).isEqualTo(1);
        assertThat(world.ends()).isEqualTo(1);
        assertThat(world.completed).isEqualTo(stage.compareTo(Stage.COUNTING) >= 0);
    }

    @Test
    void aWholeAnswerThatBreaksOffIsReleasedAndNotSettled() {
        World world = new World(false);
        world.run(
                () -> {
                    world.reach(Stage.RELAYING);
                    world.relay.failed(new EngineFailure.Broken("cut"));
                });

        assertThat(world.settled).isEmpty();
        assertThat(world.released).hasSize(1);
        assertThat(world.failures).hasSize(1);
    }

    @Test
    void theLastFinishWaitsUntilTheRequestIsBooked() {
        World world = new World(true);
        world.run(() -> world.reach(Stage.BOOKING));
        assertThat(world.events).doesNotContain(STOP);
        assertThat(world.completed).isFalse();

        world.run(() -> world.booked.complete(world.receipt()));

        assertThat(world.events).endsWith(STOP);
        assertThat(world.completed).isTrue();
    }

    @Test
    void nothingPassesBeforeTheAdmissionIsOnDisk() {
        World world = new World(true, 1, false);
        world.run(() -> world.reach(Stage.RELAYING));
        assertThat(world.events).isEmpty();
        assertThat(world.paused).isTrue();

        world.run(world.recorded::complete);

        assertThat(world.events).hasSize(1);
        assertThat(world.paused).isFalse();
        assertThat(world.progress).hasSize(1);
    }

    @Test
    void anAnswerIsRefusedWhenItsAdmissionCannotBeWrittenDown() {
        World world = new World(true, 1, false);
        world.run(
                () -> {
                    world.reach(Stage.COUNTING);
                    world.recorded.fail("the disk is full");
                });

        assertThat(world.events).isEmpty();
        assertThat(world.released).hasSize(1);
        assertThat(world.failures).hasSize(1);
        assertThat(world.cancelled).isTrue();
    }

    @Test
    void onlyWhatIsDeliveredPieceByPieceIsWrittenDownPieceByPiece() {
        World whole = new World(false);
        whole.run(() -> whole.reach(Stage.RELAYING));

        assertThat(whole.progress).isEmpty();
        assertThat(whole.events).hasSize(1);
    }

    @Test
    void aBookingThatFailsIsNoCleanEnd() {
        World world = new World(true);
        world.run(
                () -> {
                    world.reach(Stage.BOOKING);
                    world.booked.fail("the store is gone");
                });

        assertThat(world.completed).isFalse();
        assertThat(world.doubts).hasSize(1);
        assertThat(world.events).doesNotContain(STOP);
    }

    @Test
    void aReaderWhoDoesNotReadPausesTheEngineUntilItReads() {
        World world = new World(true);
        world.run(
                () -> {
                    world.writable = false;
                    world.reach(Stage.RELAYING);
                });
        assertThat(world.paused).isTrue();

        world.run(
                () -> {
                    world.writable = true;
                    world.drained.run();
                });

        assertThat(world.paused).isFalse();
    }

    @Test
    void aReaderWhoDoesNotReadForTooLongIsSentAwayAndBilledOnce() {
        World world = new World(true, 1, true, readingWithin(Duration.ZERO));
        world.run(
                () -> {
                    world.writable = false;
                    world.reach(Stage.RELAYING);
                });

        Await.until("it is billed", SOON, () -> !world.settled.isEmpty());

        world.run(() -> world.booked.complete(world.receipt()));
        assertThat(world.dropped).hasValue(1);
        assertThat(world.settled).containsExactly(Ending.CANCELLED);
        assertThat(world.cancelled).isTrue();
        assertThat(world.relay.over()).isTrue();
    }

    @Test
    void aCallerWhoIsSentAwayButKeepsHisRequestGetsItDone() {
        World world = new World(true, 1, true, readingWithin(Duration.ZERO));
        world.run(
                () -> {
                    world.gone =
                            () -> {
                                world.writable = true;
                                world.drained.run();
                            };
                    world.writable = false;
                    world.reach(Stage.RELAYING);
                });

        Await.until("it goes on", SOON, () -> world.dropped.get() > 0);

        world.run(
                () -> {
                    assertThat(world.settled).isEmpty();
                    assertThat(world.paused).isFalse();
                    world.relay.event(STOP);
                    world.relay.event(new StreamEvent.UsageReported(COUNT));
                    world.relay.event(new StreamEvent.Ended());
                    world.booked.complete(world.receipt());
                });
        assertThat(world.dropped).hasValue(1);
        assertThat(world.settled).containsExactly(Ending.STOP);
        assertThat(world.completed).isTrue();
    }

    @Test
    void whatIsNotCoveredIsNotPassedOnUntilItIs() {
        World world = new World(true);
        world.covered = 2;
        world.run(
                () -> {
                    for (int i = 0; i < 5; i++) {
                        world.relay.event(StreamEvent.Delta.text(0, "word"));
                    }
                    world.relay.event(STOP);
                });
        assertThat(world.events).hasSize(2);
        assertThat(world.paused).isTrue();

        world.run(
                () -> {
                    world.covered = 100;
                    world.covering.complete();
                    world.relay.event(new StreamEvent.UsageReported(COUNT));
                    world.relay.event(new StreamEvent.Ended());
                    world.booked.complete(world.receipt());
                });

        assertThat(world.events).hasSize(6).endsWith(STOP);
        assertThat(world.paused).isFalse();
        assertThat(world.settled).containsExactly(Ending.STOP);
    }

    @Test
    void moneyThatIsRefusedBillsOnlyWhatWasPassedOn() {
        World world = new World(true);
        world.covered = 2;
        world.run(
                () -> {
                    for (int i = 0; i < 5; i++) {
                        world.relay.event(StreamEvent.Delta.text(0, "word"));
                    }
                    world.covering.fail(
                            new ProblemException(
                                    new Problem.QuotaExhausted(Money.zero(Currency.USD))));
                    world.booked.complete(world.receipt());
                });

        assertThat(world.settled).containsExactly(Ending.INSUFFICIENT_QUOTA);
        assertThat(world.counts.getFirst().ownOutput()).isEqualTo(2);
        assertThat(world.failures.getFirst()).isInstanceOf(Problem.QuotaExhausted.class);
        assertThat(world.cancelled).isTrue();
    }

    @Test
    void anAnswerThatWeEndIsNoFaultOfItsEngine() {
        World drained = new World(true);
        drained.run(
                () -> {
                    drained.reach(Stage.RELAYING);
                    drained.relay.cutOff(new Problem.Draining());
                });
        World uncovered = new World(true);
        uncovered.covered = 1;
        uncovered.run(
                () -> {
                    uncovered.reach(Stage.RELAYING);
                    uncovered.covering.fail(
                            new ProblemException(new Problem.StoreUnavailable(Duration.ZERO)));
                });
        World cut = new World(true);
        cut.run(
                () -> {
                    cut.reach(Stage.RELAYING);
                    cut.relay.failed(new EngineFailure.Broken("cut"));
                });

        assertThat(drained.settled).containsExactly(Ending.GATEWAY_LOST);
        assertThat(uncovered.settled).containsExactly(Ending.GATEWAY_LOST);
        assertThat(cut.settled).containsExactly(Ending.ENGINE_LOST);
    }

    @Test
    void anEngineThatHasSpokenIsNotTooLateWhileNothingCanBeWrittenDown() {
        World world = new World(true, 1, false, firstContentWithin(Duration.ZERO));
        world.run(() -> world.reach(Stage.RELAYING));

        Await.until("it is given up", SOON, () -> !world.released.isEmpty());

        world.run(
                () -> {
                    assertThat(world.failures)
                            .singleElement()
                            .isInstanceOf(Problem.StoreUnavailable.class);
                    assertThat(world.attemptsFailed).isEmpty();
                });
    }

    @Test
    void aWholeAnswerWhoseCountCannotBeCoveredIsBookedAtOnce() {
        World world = new World(true);
        world.covered = 3;
        world.run(
                () -> {
                    world.reach(Stage.BOOKING);
                    assertThat(world.settled).isEmpty();
                    world.covering.fail(
                            new ProblemException(
                                    new Problem.QuotaExhausted(Money.zero(Currency.USD))));
                });

        assertThat(world.settled).containsExactly(Ending.STOP);
        assertThat(world.counts.getFirst().reported()).isEqualTo(COUNT);
        assertThat(world.counts.getFirst().complete()).isTrue();
    }

    @Test
    void anEndThatIsNotKnownToBeWrittenIsToldAsDoubtful() {
        World unwritten = new World(false);
        unwritten.run(
                () -> {
                    unwritten.reach(Stage.BOOKING);
                    unwritten.booked.fail(new IllegalStateException("EIO"));
                });
        assertThat(unwritten.doubts).hasSize(1);
        assertThat(unwritten.ends()).isEqualTo(1);

        World late = new World(true, 1, true, bookedWithin(Duration.ZERO));
        late.run(() -> late.reach(Stage.BOOKING));
        Await.until("it is given up", SOON, () -> !late.doubts.isEmpty());
        late.run(() -> late.booked.complete(late.receipt()));

        assertThat(late.doubts).singleElement().isInstanceOf(Problem.StoreUnavailable.class);
        assertThat(late.ends()).isEqualTo(1);
    }

    @Test
    void aWholeAnswerWaitsForASlowDiskAsLongAsForItsEngine() {
        Deadlines usual = Deadlines.DEFAULT;
        World whole = new World(false, 1, true, bookedWithin(Duration.ZERO));
        whole.run(() -> whole.reach(Stage.BOOKING));
        World streamed = new World(true, 1, true, bookedWithin(Duration.ZERO));
        streamed.run(() -> streamed.reach(Stage.BOOKING));
        Await.until("the stream is given up", SOON, () -> !streamed.doubts.isEmpty());

        whole.run(() -> whole.booked.complete(whole.receipt()));

        assertThat(usual.booking()).isLessThan(usual.firstContent());
        assertThat(whole.completed).isTrue();
        assertThat(whole.ends()).isEqualTo(1);
    }

    @Test
    void g2AProviderThatBillsWhatIsCancelledIsReadToItsEnd() {
        World world = new World(true);
        world.billsCancelled = true;
        world.run(
                () -> {
                    world.reach(Stage.RELAYING);
                    world.writable = false;
                    world.gone.run();
                    world.gone.run();
                    world.relay.event(StreamEvent.Delta.text(0, "word"));
                    world.relay.event(STOP);
                    assertThat(world.cancelled).isFalse();
                    assertThat(world.paused).isFalse();
                    assertThat(world.settled).isEmpty();
                    world.relay.event(new StreamEvent.UsageReported(COUNT));
                    world.relay.event(new StreamEvent.Ended());
                    world.booked.complete(world.receipt());
                });

        assertThat(world.events).hasSize(1);
        assertThat(world.settled).containsExactly(Ending.CANCELLED);
        assertThat(world.counts.getFirst()).isEqualTo(new Count(COUNT, COUNT.output(), true));
        assertThat(world.ends()).isZero();
        assertThat(world.left).hasValue(1);
        assertThat(world.relay.over()).isTrue();
    }

    @Test
    void g2WhatIsReadOnEndsAtItsBoundAtItsFailureAndWithTheProcess() {
        World broken = readingOn();
        broken.run(() -> broken.relay.failed(new EngineFailure.Broken("cut")));
        World stopping = readingOn();
        stopping.run(() -> stopping.relay.cutOff(new Problem.Draining()));
        World uncovered = readingOn();
        uncovered.covered = 1;
        uncovered.run(
                () -> {
                    uncovered.relay.event(StreamEvent.Delta.text(0, "word"));
                    uncovered.covering.fail(
                            new ProblemException(
                                    new Problem.QuotaExhausted(Money.zero(Currency.USD))));
                });
        World endless = readingOn();
        String much = "x".repeat(1 << 20);
        endless.covered = Long.MAX_VALUE;
        endless.run(
                () -> {
                    for (int i = 0; i < 5; i++) {
                        endless.relay.event(StreamEvent.Delta.text(0, much));
                    }
                });
        Await.until("it is cut", SOON, () -> !endless.settled.isEmpty());

        for (World world : List.of(broken, stopping, uncovered, endless)) {
            world.run(() -> world.booked.tryComplete(world.receipt()));
            assertThat(world.settled).containsExactly(Ending.CANCELLED);
            assertThat(world.cancelled).isTrue();
            assertThat(world.left).hasValue(1);
            assertThat(world.events).hasSize(1);
            assertThat(world.relay.over()).isTrue();
        }
    }

    private World readingOn() {
        World world = new World(true);
        world.billsCancelled = true;
        world.run(
                () -> {
                    world.reach(Stage.RELAYING);
                    world.gone.run();
                });
        return world;
    }

    private static final Duration SOON = Duration.ofSeconds(30);

    private static Deadlines firstContentWithin(Duration limit) {
        Deadlines usual = Deadlines.DEFAULT;
        return new Deadlines(
                usual.commitAfter(),
                limit,
                usual.idle(),
                usual.total(),
                usual.usage(),
                usual.booking(),
                usual.slowReader());
    }

    private static Deadlines bookedWithin(Duration limit) {
        Deadlines usual = Deadlines.DEFAULT;
        return new Deadlines(
                usual.commitAfter(),
                usual.firstContent(),
                usual.idle(),
                usual.total(),
                usual.usage(),
                limit,
                usual.slowReader());
    }

    private static Deadlines readingWithin(Duration limit) {
        Deadlines usual = Deadlines.DEFAULT;
        return new Deadlines(
                usual.commitAfter(),
                usual.firstContent(),
                usual.idle(),
                usual.total(),
                usual.usage(),
                usual.booking(),
                limit);
    }

    @ParameterizedTest
    // Of one choice: the two counted, and the last piece; the one in between may have been counted
    // before it was sent, as llama.cpp does.
    @CsvSource({"1, 3", "3, 5"})
    void theEnginesRunningCountLeadsOnlyWhereItIsOfAllChoices(int choices, long expected) {
        World world = new World(true, choices);
        world.run(
                () -> {
                    for (int i = 0; i < 3; i++) {
                        world.relay.event(StreamEvent.Delta.text(i % choices, "word"));
                    }
                    world.relay.event(new StreamEvent.UsageReported(Usage.ofPrompt(10, 0, 2, 0)));
                    world.relay.event(StreamEvent.Delta.text(0, "word"));
                    world.relay.event(StreamEvent.Delta.text(0, "word"));
                    world.gone.run();
                    world.booked.complete(world.receipt());
                });

        assertThat(world.counts.getFirst().ownOutput()).isEqualTo(expected);
    }

    /// An engine, a caller and a wallet, all played by hand on one event loop.
    private final class World implements Caller, Spending, EngineStream {

        private final boolean streaming;
        private final Context context = vertx.getOrCreateContext();
        private final List<StreamEvent> events = new ArrayList<>();
        private final List<Problem> failures = new ArrayList<>();
        private final List<Problem> doubts = new CopyOnWriteArrayList<>();
        private final List<Ending> settled = new CopyOnWriteArrayList<>();
        private final List<Count> counts = new ArrayList<>();
        private final List<EngineFailure> attemptsFailed = new ArrayList<>();
        private final List<String> released = new CopyOnWriteArrayList<>();
        private final Promise<Receipt> booked = Promise.promise();
        private final Promise<Void> covering = Promise.promise();
        private final Promise<Void> recorded = Promise.promise();
        private final List<Count> progress = new ArrayList<>();
        private final Relay relay;
        private Runnable gone = () -> {};
        private Runnable drained = () -> {};
        private boolean writable = true;
        private boolean paused;
        private final AtomicInteger dropped = new AtomicInteger();
        private boolean cancelled;
        private boolean completed;
        private boolean billsCancelled;
        private final AtomicInteger left = new AtomicInteger();
        private long covered = 1_000;

        World(boolean streaming) {
            this(streaming, 1);
        }

        World(boolean streaming, int choices) {
            this(streaming, choices, true);
        }

        World(boolean streaming, int choices, boolean onDisk) {
            this(streaming, choices, onDisk, Deadlines.DEFAULT);
        }

        World(boolean streaming, int choices, boolean onDisk, Deadlines deadlines) {
            this.streaming = streaming;
            if (onDisk) {
                recorded.complete();
            }
            this.relay =
                    new Relay(
                            context, new Ticker(), Clock.system(), deadlines, this, this, choices);
            run(
                    () -> {
                        relay.begin();
                        relay.attempt(this);
                    });
        }

        void run(Runnable step) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            context.runOnContext(
                    _ -> {
                        try {
                            step.run();
                            done.complete(null);
                        } catch (RuntimeException | Error failure) {
                            done.completeExceptionally(failure);
                        }
                    });
            done.orTimeout(30, TimeUnit.SECONDS).join();
        }

        void reach(Stage stage) {
            if (stage.compareTo(Stage.RELAYING) >= 0) {
                relay.event(StreamEvent.Delta.text(0, "word"));
            }
            if (stage.compareTo(Stage.COUNTING) >= 0) {
                relay.event(STOP);
            }
            if (stage.compareTo(Stage.BOOKING) >= 0) {
                relay.event(new StreamEvent.UsageReported(COUNT));
                relay.event(new StreamEvent.Ended());
            }
            if (stage == Stage.OVER) {
                booked.complete(receipt());
            }
        }

        Receipt receipt() {
            Money zero = Money.zero(new Currency("USD"));
            return new Receipt(new RequestId(new UUID(0, 1)), COUNT, zero, zero);
        }

        int ends() {
            return failures.size() + doubts.size() + (completed ? 1 : 0);
        }

        @Override
        public boolean streaming() {
            return streaming;
        }

        @Override
        public void commit() {}

        @Override
        public void keepAlive() {}

        @Override
        public void event(StreamEvent event) {
            events.add(event);
        }

        @Override
        public void complete(Receipt receipt) {
            completed = true;
        }

        @Override
        public void left(@Nullable Receipt receipt) {
            left.incrementAndGet();
        }

        @Override
        public boolean billsCancelled() {
            return billsCancelled;
        }

        @Override
        public void fail(Problem problem) {
            failures.add(problem);
        }

        @Override
        public void doubtful(Problem problem) {
            doubts.add(problem);
        }

        @Override
        public boolean writable() {
            return writable;
        }

        @Override
        public void onWritable(Runnable action) {
            drained = action;
        }

        @Override
        public void drop() {
            dropped.incrementAndGet();
            gone.run();
        }

        @Override
        public void onGone(Runnable action) {
            gone = action;
        }

        @Override
        public Future<Void> recorded() {
            return recorded.future();
        }

        @Override
        public void progress(Count delivered) {
            progress.add(delivered);
            assertThat(events.stream().filter(StreamEvent.Delta.class::isInstance))
                    .as("written down before it is delivered")
                    .hasSizeLessThan(progress.size());
        }

        @Override
        public long coveredOutput() {
            return covered;
        }

        @Override
        public Future<Void> coverMore() {
            return covering.future();
        }

        @Override
        public Future<Receipt> settle(Ending ending, Count count) {
            settled.add(ending);
            counts.add(count);
            return booked.future();
        }

        @Override
        public void release(@Nullable Problem problem) {
            released.add(String.valueOf(problem));
        }

        @Override
        public void attemptFailed(EngineFailure failure) {
            attemptsFailed.add(failure);
            relay.refuse(Problems.of(failure));
        }

        @Override
        public void pause() {
            paused = true;
        }

        @Override
        public void resume() {
            paused = false;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
