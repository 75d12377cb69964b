package mooring.relay;

import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
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

    /// How often deadlines are looked at: nothing here is finer than a second.
    private static final long TICK_MILLIS = 500;

    /// Pieces without content that may come before the first content.
    private static final int MAX_HELD_BACK = 64;

    /// Pieces longer than this on average hold several tokens each, at about four characters.
    private static final long LONG_PIECE_CHARS = 16;

    private static final long CHARS_PER_TOKEN = 4;

    /// More output is covered when this share of what is covered has been used: eight tenths.
    private static final long COVER_MORE_AT_TENTHS = 8;

    /// For the money set aside, fewer characters a token than most prose has.
    private static final long CHARACTERS_PER_COVERED_TOKEN = 3;

    private final Context context;
    private final Clock clock;
    private final Deadlines deadlines;
    private final Caller caller;
    private final Spending spending;
    private final int choices;
    private final long startedNanos;
    private final List<StreamEvent> heldBack = new ArrayList<>();

    /// What arrived before the engine felt the pause, while the money for more was being set aside.
    /// At most what one read from the socket holds.
    private final Deque<StreamEvent> uncovered = new ArrayDeque<>();

    private final BitSet finishedChoices = new BitSet();

    private State state = State.WAITING;
    private @Nullable EngineStream stream;
    private long ticker;
    private boolean committed;
    private boolean callerPaused;
    private boolean coverPaused;
    private boolean covering;
    private @Nullable EngineFailure failureBehindUncovered;
    private @Nullable Usage usage;
    private boolean usageFinal;
    private long piecesAtUsage;
    private boolean usageAhead;
    private long pieces;
    private long characters;
    private Ending ending = Ending.STOP;
    private StreamEvent.@Nullable Finished lastFinish;
    private long attemptNanos;
    private long lastContentNanos;
    private long lastWriteNanos;
    private long firstContentNanos;
    private long unreadSinceNanos;

    public Relay(
            Context context,
            Clock clock,
            Deadlines deadlines,
            Caller caller,
            Spending spending,
            int choices) {
        this.context = context;
        this.clock = clock;
        this.deadlines = deadlines;
        this.caller = caller;
        this.spending = spending;
        this.choices = choices;
        this.startedNanos = clock.monotonicNanos();
        this.lastWriteNanos = startedNanos;
    }

    /// Begins to watch caller and clock. Called once, before the first attempt.
    public void begin() {
        ticker = context.owner().setPeriodic(TICK_MILLIS, _ -> tick());
        caller.onWritable(this::callerReads);
        caller.onGone(this::callerGone);
    }

    /// The engine's stream of the present attempt.
    public void attempt(EngineStream opened) {
        if (state == State.OVER) {
            opened.cancel();
            return;
        }
        stream = opened;
        attemptNanos = clock.monotonicNanos();
    }

    public boolean over() {
        return state == State.OVER;
    }

    /// From the start to the first content; zero before it.
    public Duration timeToFirstContent() {
        return firstContentNanos == 0
                ? Duration.ZERO
                : Duration.ofNanos(firstContentNanos - startedNanos);
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
        switch (state) {
            case WAITING -> {
                cancelEngine();
                refuse(problem);
            }
            case RELAYING -> lost(problem);
            case COUNTING -> book(false);
            case BOOKING, OVER -> {}
        }
    }

    @Override
    public void event(StreamEvent event) {
        if (coverPaused) {
            uncovered.add(event);
        } else {
            take(event);
        }
    }

    private void take(StreamEvent event) {
        if (state == State.BOOKING || state == State.OVER) {
            return;
        }
        switch (event) {
            case StreamEvent.Delta delta -> delta(delta);
            case StreamEvent.Finished choice -> finished(choice);
            case StreamEvent.UsageReported(Usage counted) -> {
                usage = counted;
                usageFinal = state == State.COUNTING;
                piecesAtUsage = pieces;
                usageAhead = true;
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
            if (heldBack.size() < MAX_HELD_BACK) {
                heldBack.add(delta);
            }
            return;
        }
        if (delta.content()) {
            pieces++;
            if (usageAhead) {
                // Some engines count a piece before they send it, others after: billing one token
                // too few for a moment is right, one too many never.
                usageAhead = false;
                piecesAtUsage++;
            }
            characters += length(delta.text()) + length(delta.reasoning());
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
        caller.event(event);
        lastWriteNanos = lastContentNanos;
        if (!caller.writable()) {
            pauseForCaller();
        }
    }

    private void contentBegins() {
        committed = true;
        firstContentNanos = clock.monotonicNanos();
        lastContentNanos = firstContentNanos;
        for (StreamEvent early : heldBack) {
            caller.event(early);
        }
        heldBack.clear();
    }

    private void ended() {
        if (state == State.COUNTING) {
            // A running count may be of one choice alone, as vLLM's is.
            book(usage != null && (choices == 1 || usageFinal));
        } else {
            fail(new EngineFailure.Broken("the stream ended without saying why"));
        }
    }

    /// The whole answer is here: book it, then let the caller see its end.
    private void book(boolean complete) {
        state = State.BOOKING;
        spending.settle(ending, new Count(usage, ownOutput(), complete))
                .onSuccess(
                        receipt -> {
                            finish();
                            if (lastFinish != null) {
                                caller.event(lastFinish);
                            }
                            caller.complete(receipt);
                        })
                .onFailure(
                        cause -> {
                            finish();
                            caller.fail(Problems.of(cause));
                        });
    }

    @Override
    public void failed(EngineFailure failure) {
        if (uncovered.isEmpty()) {
            fail(failure);
        } else {
            failureBehindUncovered = failure;
        }
    }

    private void fail(EngineFailure failure) {
        switch (state) {
            case WAITING -> {
                stream = null;
                heldBack.clear();
                usage = null;
                piecesAtUsage = 0;
                usageAhead = false;
                spending.attemptFailed(failure);
            }
            // The answer was whole; only the count behind it is missing.
            case COUNTING -> book(false);
            case RELAYING -> lost(Problems.of(failure));
            case BOOKING, OVER -> {}
        }
    }

    /// The engine broke off behind the first content. What a stream delivered is paid for; an
    /// answer that was never delivered is not.
    private void lost(Problem problem) {
        cancelEngine();
        if (caller.streaming()) {
            endEarly(Ending.ENGINE_LOST, problem);
        } else {
            finish();
            spending.release(problem);
            caller.fail(problem);
        }
    }

    private void callerGone() {
        if (state == State.BOOKING || state == State.OVER) {
            return;
        }
        boolean dispatched = stream != null && stream.dispatched();
        cancelEngine();
        if (dispatched) {
            state = State.BOOKING;
            spending.settle(Ending.CANCELLED, new Count(usage, ownOutput(), false))
                    .onComplete(_ -> finish());
        } else {
            finish();
            spending.release(null);
        }
    }

    private void endEarly(Ending how, Problem problem) {
        state = State.BOOKING;
        spending.settle(how, new Count(usage, ownOutput(), false))
                .onComplete(
                        _ -> {
                            finish();
                            caller.fail(problem);
                        });
    }

    /// Keeps the hold ahead of the output: what is not covered is not passed on.
    private void watchCover() {
        long output = Math.max(ownOutput(), usage == null ? coveredEstimate() : 0);
        long covered = spending.coveredOutput();
        if (!covering && output * 10 >= covered * COVER_MORE_AT_TENTHS) {
            covering = true;
            spending.coverMore().onComplete(this::coverAnswered);
        }
        if (covering && output >= covered) {
            coverPaused = true;
            applyPause();
        }
    }

    private void coverAnswered(AsyncResult<Boolean> answer) {
        covering = false;
        coverPaused = false;
        if (state == State.BOOKING || state == State.OVER) {
            return;
        }
        if (answer.succeeded() && answer.result()) {
            takeUncovered();
            applyPause();
        } else if (state == State.WAITING) {
            cancelEngine();
            refuse(answer.succeeded() ? new Problem.QuotaExhausted() : Problems.of(answer.cause()));
        } else if (state == State.RELAYING) {
            cancelEngine();
            if (answer.succeeded()) {
                endEarly(Ending.INSUFFICIENT_QUOTA, new Problem.QuotaExhausted());
            } else {
                endEarly(Ending.ENGINE_LOST, Problems.of(answer.cause()));
            }
        }
    }

    private void takeUncovered() {
        while (!coverPaused && !uncovered.isEmpty()) {
            take(uncovered.remove());
        }
        EngineFailure failure = failureBehindUncovered;
        if (!coverPaused && failure != null) {
            failureBehindUncovered = null;
            fail(failure);
        }
    }

    private void pauseForCaller() {
        if (!callerPaused) {
            callerPaused = true;
            unreadSinceNanos = clock.monotonicNanos();
            applyPause();
        }
    }

    private void callerReads() {
        if (callerPaused) {
            callerPaused = false;
            lastContentNanos = clock.monotonicNanos();
            applyPause();
        }
    }

    private void applyPause() {
        if (stream != null) {
            if (callerPaused || coverPaused) {
                stream.pause();
            } else {
                stream.resume();
            }
        }
    }

    private void tick() {
        long now = clock.monotonicNanos();
        switch (state) {
            case WAITING -> {
                if (stream != null && past(now, attemptNanos, deadlines.firstContent())) {
                    cancelEngine();
                    fail(
                            new EngineFailure.TimedOut(
                                    "no content within " + seconds(deadlines.firstContent())));
                    return;
                }
                if (caller.streaming()
                        && !committed
                        && past(now, startedNanos, deadlines.commitAfter())) {
                    committed = true;
                    caller.commit();
                    lastWriteNanos = now;
                }
                keepAlive(now);
            }
            case RELAYING -> {
                if (callerPaused && past(now, unreadSinceNanos, deadlines.slowReader())) {
                    callerGone();
                } else if (!callerPaused
                        && !coverPaused
                        && past(now, lastContentNanos, deadlines.idle())) {
                    lost(new Problem.EngineTimeout("no content for " + seconds(deadlines.idle())));
                } else {
                    keepAlive(now);
                }
            }
            case COUNTING -> {
                if (past(now, lastContentNanos, deadlines.usage())) {
                    cancelEngine();
                    book(false);
                }
            }
            case BOOKING, OVER -> {}
        }
    }

    private void keepAlive(long now) {
        if (caller.streaming() && committed && past(now, lastWriteNanos, deadlines.commitAfter())) {
            caller.keepAlive();
            lastWriteNanos = now;
        }
    }

    private void cancelEngine() {
        if (stream != null) {
            stream.cancel();
            stream = null;
        }
    }

    private void finish() {
        state = State.OVER;
        context.owner().cancelTimer(ticker);
        cancelEngine();
        uncovered.clear();
    }

    /// The engine's count and a token for each piece since; ours alone where it gave none, or where
    /// its running count may be of one choice only: a piece is a token, unless pieces are so long
    /// that they must hold several.
    private long ownOutput() {
        Usage counted = usage;
        if (counted != null && choices == 1) {
            return counted.output() + pieces - piecesAtUsage;
        }
        return characters > pieces * LONG_PIECE_CHARS ? characters / CHARS_PER_TOKEN : pieces;
    }

    private long coveredEstimate() {
        return Math.max(pieces, characters / CHARACTERS_PER_COVERED_TOKEN);
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
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

    private static boolean past(long now, long since, Duration limit) {
        return now - since >= limit.toNanos();
    }
}
