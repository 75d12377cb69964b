package mooring.relay;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.BitSet;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import mooring.metering.Ending;
import mooring.problem.Problem;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Brings one answer from an engine to its caller, and to exactly one end.
///
/// ```
/// Waiting ──content──► Relaying ──last choice finished──► Counting ──usage known──► Booking ──► Over
///    │                    │  caller gone, engine lost, money out: booked for what was delivered
///    └─ failed: the next attempt, or an error status with nothing charged
/// ```
///
/// The event that tells a caller "complete" is held back until the request is booked durably.
/// Everything runs on one event loop, so that no field needs a lock. When the caller does not read,
/// the engine is paused: at most what is in the socket's buffer waits in memory.
public final class Relay implements EngineListener {

    private enum State {
        WAITING,
        RELAYING,
        COUNTING,
        BOOKING,
        OVER
    }

    /// How long, and how much, an answer is read on without its caller.
    private static final Duration READ_ON = Duration.ofMinutes(5);

    private static final long READ_ON_CHARACTERS = 4L * 1024 * 1024;

    private final Context context;
    private final Ticker ticker;
    private final Clock clock;
    private final Deadlines deadlines;
    private final Caller caller;
    private final Spending spending;
    private final int choices;
    private final Delivery delivery;
    private final Backlog backlog = new Backlog();
    private final OutputCount count;
    private final Cover cover;
    private final BitSet finishedChoices = new BitSet();

    private State state = State.WAITING;
    private @Nullable EngineStream stream;
    private Ticker.@Nullable Watch watch;
    private final long begunNanos;
    private boolean recorded;
    private Ending ending = Ending.STOP;
    private StreamEvent.@Nullable Finished lastFinish;
    private long attemptNanos;
    private long connectedNanos;
    private long lastContentNanos;
    private long firstContentNanos;
    private long bookingSinceNanos;
    private boolean readsOn;
    private long readOnSinceNanos;
    private long readOnFromCharacters;

    public Relay(
            Context context,
            Ticker ticker,
            Clock clock,
            Deadlines deadlines,
            Caller caller,
            Spending spending,
            int choices) {
        this.context = context;
        this.ticker = ticker;
        this.begunNanos = clock.monotonicNanos();
        this.clock = clock;
        this.deadlines = deadlines;
        this.caller = caller;
        this.spending = spending;
        this.choices = choices;
        this.count = new OutputCount(choices);
        this.cover = new Cover(spending, this::coverAnswered);
        this.delivery = new Delivery(clock, deadlines, caller);
    }

    /// Begins to watch caller and clock. Called once, before the first attempt.
    public void begin() {
        watch = ticker.watch(context, this::tick);
        caller.onWritable(this::callerReads);
        caller.onGone(this::callerGone);
        spending.recorded().onSuccess(_ -> admissionRecorded()).onFailure(this::unrecorded);
    }

    /// The engine's stream of the present attempt.
    public void attempt(EngineStream opened) {
        if (state == State.OVER) {
            opened.cancel();
            return;
        }
        stream = opened;
        connectedNanos = 0;
        attemptNanos = clock.monotonicNanos();
    }

    public boolean over() {
        return state == State.OVER;
    }

    /// Clock readings of what happened, 0 for what did not.
    public record Moments(long connected, long firstContent, long lastContent) {}

    public Moments moments() {
        return new Moments(
                connectedNanos, firstContentNanos, firstContentNanos == 0 ? 0 : lastContentNanos);
    }

    /// Gives up before any content: an error, and nothing charged.
    public void refuse(Problem problem) {
        if (state == State.WAITING) {
            finish();
            spending.release(problem);
            caller.fail(problem);
        }
    }

    /// Ends it from our side, because this process stops and waited long enough.
    public void cutOff(Problem problem) {
        if (readsOn) {
            stopReadingOn();
            return;
        }
        switch (state) {
            case WAITING -> {
                cancelEngine();
                refuse(problem);
            }
            case RELAYING -> lost(Problems.endingFor(problem), problem);
            case COUNTING -> book(count.soFar());
            case BOOKING, OVER -> {}
        }
    }

    @Override
    public void connected() {
        connectedNanos = clock.monotonicNanos();
        spending.heard();
    }

    @Override
    public void event(StreamEvent event) {
        spending.heard();
        if (mayPass()) {
            take(event);
        } else {
            backlog.add(event);
            applyPause();
        }
    }

    /// Nothing passes before the admission is on disk, nor what the money set aside does not cover.
    private boolean mayPass() {
        return recorded && !cover.exhausted();
    }

    private void take(StreamEvent event) {
        if (state == State.BOOKING || state == State.OVER) {
            return;
        }
        switch (event) {
            case StreamEvent.Delta delta -> delta(delta);
            case StreamEvent.Finished choice -> finished(choice);
            case StreamEvent.UsageReported(Usage reported) -> {
                Usage counted = spending.believable(reported);
                caller.promptTokens(counted.prompt());
                count.reported(counted, state == State.COUNTING);
                watchCover();
            }
            case StreamEvent.Ended _ -> ended();
        }
    }

    private void delta(StreamEvent.Delta delta) {
        if (state == State.COUNTING) {
            // Nothing belongs to an answer behind its last finish.
            return;
        }
        if (state == State.WAITING && !delta.content()) {
            delivery.holdBack(delta);
            return;
        }
        if (delta.content()) {
            count.piece(delta);
            lastContentNanos = clock.monotonicNanos();
        }
        pass(delta);
        if (delta.content()) {
            watchCover();
        }
    }

    private void finished(StreamEvent.Finished choice) {
        if (finishedChoices.get(choice.choice())) {
            return;
        }
        finishedChoices.set(choice.choice());
        ending = later(ending, choice);
        if (finishedChoices.cardinality() < choices) {
            pass(choice);
            return;
        }
        lastFinish = choice;
        if (state == State.WAITING) {
            contentBegins();
        }
        state = State.COUNTING;
        lastContentNanos = clock.monotonicNanos();
    }

    private void pass(StreamEvent event) {
        if (state == State.WAITING) {
            contentBegins();
            state = State.RELAYING;
        }
        if (caller.streaming()) {
            // Before the socket: a process killed in between bills a piece that was on its way.
            spending.progress(count.soFar());
        }
        delivery.write(event);
        if (delivery.full()) {
            applyPause();
        }
    }

    private void contentBegins() {
        firstContentNanos = clock.monotonicNanos();
        lastContentNanos = firstContentNanos;
        delivery.begin();
        spending.contentBegun();
    }

    private void ended() {
        if (state == State.COUNTING) {
            book(count.ofWhole());
        } else {
            fail(new EngineFailure.Broken("the stream ended without saying why"));
        }
    }

    /// The whole answer is here: book it, then let the caller see its end.
    private void book(Count counted) {
        if (readsOn) {
            settle(Ending.CANCELLED, counted).onComplete(this::leave);
            return;
        }
        settle(ending, counted)
                .onSuccess(
                        receipt -> {
                            if (state == State.OVER) {
                                return;
                            }
                            finish();
                            if (lastFinish != null) {
                                caller.event(lastFinish);
                            }
                            caller.complete(receipt);
                        })
                .onFailure(
                        cause -> {
                            if (state != State.OVER) {
                                finish();
                                caller.doubtful(Problems.of(cause));
                            }
                        });
    }

    private Future<Receipt> settle(Ending how, Count counted) {
        state = State.BOOKING;
        bookingSinceNanos = clock.monotonicNanos();
        return spending.settle(how, counted);
    }

    @Override
    public void failed(EngineFailure failure) {
        if (backlog.isEmpty()) {
            fail(failure);
        } else {
            backlog.failed(failure);
        }
    }

    private void fail(EngineFailure failure) {
        if (readsOn) {
            stopReadingOn();
            return;
        }
        switch (state) {
            case WAITING -> {
                stream = null;
                delivery.dropHeldBack();
                count.restart();
                spending.attemptFailed(failure);
            }
            // The answer was whole; only the count behind it is missing.
            case COUNTING -> book(count.soFar());
            case RELAYING -> lost(Ending.ENGINE_LOST, Problems.of(failure));
            case BOOKING, OVER -> {}
        }
    }

    /// It breaks off behind the first content. What a stream delivered is paid for; an answer that
    /// was never delivered is not.
    private void lost(Ending how, Problem problem) {
        if (readsOn) {
            stopReadingOn();
            return;
        }
        cancelEngine();
        if (caller.streaming()) {
            endEarly(how, problem);
        } else {
            finish();
            spending.release(problem);
            caller.fail(problem);
        }
    }

    private void callerGone() {
        if (readsOn || state == State.BOOKING || state == State.OVER) {
            return;
        }
        boolean dispatched = stream != null && stream.dispatched();
        if (dispatched && spending.billsCancelled()) {
            readOn();
            return;
        }
        cancelEngine();
        if (dispatched) {
            settle(Ending.CANCELLED, count.soFar()).onComplete(this::leave);
        } else {
            finish();
            spending.release(null);
            caller.left(null);
        }
    }

    /// Who bills all of an answer anyway is heard out, for a bounded time, so that what is booked
    /// is what it counted.
    private void readOn() {
        readsOn = true;
        readOnSinceNanos = clock.monotonicNanos();
        readOnFromCharacters = count.characters();
        delivery.discard();
        applyPause();
    }

    private boolean readOnEnough(long now) {
        return readsOn
                && (Delivery.past(now, readOnSinceNanos, READ_ON)
                        || count.characters() - readOnFromCharacters > READ_ON_CHARACTERS);
    }

    /// What came until here is booked by our own count.
    private void stopReadingOn() {
        if (state != State.BOOKING && state != State.OVER) {
            cancelEngine();
            settle(Ending.CANCELLED, count.soFar()).onComplete(this::leave);
        }
    }

    private void leave(AsyncResult<Receipt> booked) {
        if (state != State.OVER) {
            finish();
            caller.left(booked.result());
        }
    }

    private void endEarly(Ending how, Problem problem) {
        settle(how, count.soFar())
                .onComplete(
                        _ -> {
                            if (state != State.OVER) {
                                finish();
                                caller.fail(problem);
                            }
                        });
    }

    private void admissionRecorded() {
        recorded = true;
        takeBacklog();
        applyPause();
    }

    /// Nothing can be written down, so nothing may be delivered.
    private void unrecorded(Throwable cause) {
        if (state == State.WAITING) {
            cancelEngine();
            refuse(Problems.of(cause));
        }
    }

    private void watchCover() {
        cover.watch(count.toCover());
        if (cover.exhausted()) {
            applyPause();
        }
    }

    private void coverAnswered(AsyncResult<Void> answer) {
        if (state == State.BOOKING || state == State.OVER) {
            return;
        }
        if (answer.succeeded()) {
            takeBacklog();
            applyPause();
            return;
        }
        Problem problem = Problems.of(answer.cause());
        if (readsOn && state != State.COUNTING) {
            stopReadingOn();
        } else if (state == State.WAITING) {
            cancelEngine();
            refuse(problem);
        } else if (state == State.RELAYING) {
            cancelEngine();
            endEarly(Problems.endingFor(problem), problem);
        } else {
            // All of the answer has passed: there is nothing left to hold back.
            takeBacklog();
            applyPause();
        }
    }

    private void takeBacklog() {
        while (mayPass() && !backlog.isEmpty()) {
            take(backlog.next());
        }
        if (backlog.isEmpty()) {
            EngineFailure failure = backlog.takeFailure();
            if (failure != null) {
                fail(failure);
            }
        }
    }

    private void callerReads() {
        if (delivery.reads()) {
            lastContentNanos = clock.monotonicNanos();
            applyPause();
        }
    }

    private void applyPause() {
        if (stream != null) {
            if (delivery.full() || !backlog.isEmpty() || cover.exhausted()) {
                stream.pause();
            } else {
                stream.resume();
            }
        }
    }

    private void tick() {
        long now = clock.monotonicNanos();
        if (readOnEnough(now) && state != State.BOOKING) {
            stopReadingOn();
            return;
        }
        if (Delivery.past(now, begunNanos, deadlines.total())
                && (state == State.WAITING || state == State.RELAYING)) {
            cutOff(
                    new Problem.EngineTimeout(
                            "the answer was not whole within " + seconds(deadlines.total())));
            return;
        }
        switch (state) {
            case WAITING -> {
                if (stream != null && Delivery.past(now, attemptNanos, deadlines.firstContent())) {
                    cancelEngine();
                    if (!backlog.isEmpty()) {
                        // The engine has spoken; it is we who cannot write that down or cover it.
                        refuse(new Problem.StoreUnavailable(deadlines.commitAfter()));
                        return;
                    }
                    fail(
                            new EngineFailure.TimedOut(
                                    "no content within " + seconds(deadlines.firstContent())));
                    return;
                }
                delivery.keepAlive(now);
            }
            case RELAYING -> {
                if (delivery.unreadTooLong(now)) {
                    caller.drop();
                } else if (!delivery.full()
                        && mayPass()
                        && Delivery.past(now, lastContentNanos, deadlines.idle())) {
                    lost(
                            Ending.ENGINE_LOST,
                            new Problem.EngineTimeout(
                                    "no content for " + seconds(deadlines.idle())));
                } else {
                    delivery.keepAlive(now);
                }
            }
            case COUNTING -> {
                if (Delivery.past(now, lastContentNanos, deadlines.usage())) {
                    cancelEngine();
                    book(count.soFar());
                }
            }
            case BOOKING -> {
                if (Delivery.past(now, bookingSinceNanos, longestBooking())) {
                    // The record may still be written; its end is not to be promised.
                    finish();
                    caller.doubtful(new Problem.StoreUnavailable(deadlines.commitAfter()));
                }
            }
            case OVER -> {}
        }
    }

    /// A whole answer that waits has promised nothing yet, so it may wait for the disk as long as
    /// it might have waited for its engine: told as failed, it would be asked, and charged, again.
    private Duration longestBooking() {
        return caller.streaming() ? deadlines.booking() : deadlines.firstContent();
    }

    private void cancelEngine() {
        if (stream != null) {
            stream.cancel();
            stream = null;
        }
    }

    private void finish() {
        state = State.OVER;
        if (watch != null) {
            watch.stop();
        }
        cancelEngine();
        backlog.clear();
    }

    private static String seconds(Duration time) {
        return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
    }

    private static Ending later(Ending soFar, StreamEvent.Finished choice) {
        return switch (choice.reason()) {
            case STOP -> soFar;
            case LENGTH -> Ending.LENGTH;
            case TOOL_CALLS -> Ending.TOOL_CALLS;
            case CONTENT_FILTER -> Ending.CONTENT_FILTER;
        };
    }
}
