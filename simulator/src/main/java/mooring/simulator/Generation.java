package mooring.simulator;

import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import mooring.simulator.answer.Answer;
import mooring.simulator.answer.CompletionRequest;
import mooring.simulator.answer.Piece;
import mooring.simulator.script.Directive;
import mooring.simulator.script.FaultPlan;
import mooring.simulator.timing.Pace;
import mooring.simulator.timing.Sequence;
import mooring.simulator.wire.Head;
import mooring.simulator.wire.Tally;
import org.jspecify.annotations.Nullable;

/// One request being answered, from its arrival to its record in the log. Event loop only.
///
/// A step makes one token for every choice. The request holds one slot whatever its `n`.
final class Generation implements Sequence {

    /// How long a fault may keep a socket quiet before it is closed after all.
    private static final long MAX_QUIET_MILLIS = Duration.ofMinutes(10).toMillis();

    private final Engine engine;
    private final HttpServerRequest http;
    private final Head head;
    private final List<Answer> answers;
    private final FaultPlan faults;
    private final Tally tally;
    private final Sink sink;
    private final Instant startedAt = Instant.now();
    private @Nullable Instant firstTokenAt;
    private final boolean[] finished;
    private int openChoices;
    private int step;
    private long writtenTokens;
    private boolean malformedSent;
    private boolean ended;

    Generation(
            Engine engine,
            HttpServerRequest http,
            Head head,
            List<Answer> answers,
            FaultPlan faults,
            Tally tally,
            Sink sink) {
        this.engine = engine;
        this.http = http;
        this.head = head;
        this.answers = answers;
        this.faults = faults;
        this.tally = tally;
        this.sink = sink;
        this.finished = new boolean[answers.size()];
        this.openChoices = answers.size();
        engine.open.incrementAndGet();
    }

    /// Queues the request, or leaves it unanswered if so ordered; false when the queue is full.
    boolean start() {
        http.response().exceptionHandler(ignored -> disconnected());
        http.response().closeHandler(ignored -> disconnected());
        if (http.response().closed()) {
            disconnected();
            return true;
        }
        if (faults.silent()) {
            closeWhenTooQuiet();
            return true;
        }
        if (faults.breaksAt(0) && !faults.cutsAt(0) && !faults.stallsAt(0)) {
            fault();
            return true;
        }
        return engine.scheduler.submit(this);
    }

    @Override
    public @Nullable Pace pace() {
        Directive directive = head.directive();
        return directive.firstTokenAfterMillis() == null && directive.tokensPerSecond() == null
                ? null
                : new Pace(directive.firstTokenAfterMillis(), directive.tokensPerSecond());
    }

    @Override
    public long heldTokens() {
        return tally.promptTokens() + tally.generatedTokens();
    }

    @Override
    public long generatedTokens() {
        return tally.generatedTokens();
    }

    @Override
    public int admitted() {
        CompletionRequest request = head.request();
        int found = request.cachePrompt() ? engine.cache.match(request.prompt()) : 0;
        Integer ordered = head.directive().cachedTokens();
        int cached = Math.min(tally.promptTokens(), ordered == null ? found : ordered);
        tally.prompt(tally.promptTokens(), cached);
        return tally.promptTokens() - cached;
    }

    @Override
    public Progress produce(int tokens) {
        if (firstTokenAt == null) {
            begin();
        }
        long before = tally.generatedTokens();
        Progress progress = Progress.RUNNING;
        for (int i = 0; i < tokens && progress == Progress.RUNNING; i++) {
            progress = oneStep();
        }
        engine.counters(head.request().model()).generatedTokens += tally.generatedTokens() - before;
        if (progress == Progress.RUNNING) {
            flush();
            if (sink.full()) {
                http.response().drainHandler(ignored -> engine.scheduler.resume(this));
                return Progress.HOLDING;
            }
        }
        return progress;
    }

    private void begin() {
        firstTokenAt = Instant.now();
        engine.cache.add(head.request().prompt());
        engine.counters(head.request().model())
                .firstToken(
                        tally.promptTokens(),
                        tally.cachedTokens(),
                        seconds(startedAt, firstTokenAt));
        if (!faults.breaksAt(0)) {
            sink.open();
        }
    }

    private Progress oneStep() {
        for (int choice = 0; choice < answers.size(); choice++) {
            Answer answer = answers.get(choice);
            if (step < answer.tokens()) {
                if (faultDue()) {
                    return fault();
                }
                Piece piece = answer.piece(step);
                tally.generated(choice, piece.kind());
                sink.token(choice, piece);
            }
            if (step + 1 >= answer.tokens() && !finished[choice]) {
                if (faultDue()) {
                    return fault();
                }
                if (faults.withFinishReason()) {
                    sink.finish(choice, answer.finishReason());
                }
                finished[choice] = true;
                openChoices--;
            }
        }
        step++;
        if (openChoices > 0) {
            return Progress.RUNNING;
        }
        complete();
        return Progress.ENDED;
    }

    /// Sends what is malformed in passing; tells whether the answer is cut or stalls here.
    private boolean faultDue() {
        long tokens = tally.generatedTokens();
        if (!malformedSent && faults.malformedAt(tokens)) {
            malformedSent = true;
            sink.malformed();
        }
        return faults.breaksAt(tokens);
    }

    private Progress fault() {
        flush();
        if (faults.cutsAt(tally.generatedTokens())) {
            end("cut", null);
            http.connection().close();
            return Progress.ENDED;
        }
        if (faults.resetsAt(tally.generatedTokens())) {
            end("reset", null);
            Wire.reset(http.connection());
            return Progress.ENDED;
        }
        if (faults.halfOpenAt(tally.generatedTokens())) {
            end("half_open", null);
            Wire.vanish(engine.vertx, http.connection(), MAX_QUIET_MILLIS);
            return Progress.ENDED;
        }
        closeWhenTooQuiet();
        return Progress.HOLDING;
    }

    private void closeWhenTooQuiet() {
        engine.vertx.setTimer(
                MAX_QUIET_MILLIS,
                ignored -> {
                    if (!ended) {
                        http.connection().close();
                    }
                });
    }

    private void flush() {
        if (sink.flush()) {
            writtenTokens = tally.generatedTokens();
        }
    }

    /// The record comes first: whoever has read the answer's end must find it.
    private void complete() {
        writtenTokens = tally.generatedTokens();
        end(answers.getFirst().finishReason(), null);
        sink.complete(faults.withDone());
    }

    /// The client left: nothing more is made.
    private void disconnected() {
        if (!ended) {
            end("cancelled", tally.generatedTokens());
            engine.scheduler.remove(this);
        }
    }

    /// Ends it as a process that dies would.
    void reset() {
        end("reset", null);
        Wire.reset(http.connection());
    }

    /// Turned away because the queue is full.
    void turnedAway(int status) {
        ended = true;
        record(finalRecord(status, "error", null));
    }

    private void end(String reason, @Nullable Long cancelledAfterTokens) {
        ended = true;
        GenerationRecord last = finalRecord(200, reason, cancelledAfterTokens);
        engine.counters(head.request().model())
                .ended(
                        reason,
                        seconds(startedAt, last.endedAt()),
                        firstTokenAt == null ? 0 : seconds(firstTokenAt, last.endedAt()));
        record(last);
    }

    /// The record before the count: whoever sees from another thread that nothing is open any more
    /// must find it.
    private void record(GenerationRecord last) {
        engine.log.add(last);
        engine.open.decrementAndGet();
    }

    private GenerationRecord finalRecord(
            int status, String reason, @Nullable Long cancelledAfterTokens) {
        CompletionRequest request = head.request();
        return new GenerationRecord(
                head.id(),
                http.getHeader("x-request-id"),
                head.directive().label(),
                request.user(),
                request.metadata(),
                request.model(),
                request.stream(),
                request.cacheSalt(),
                request.fields(),
                status,
                tally.promptTokens(),
                tally.cachedTokens(),
                tally.generatedTokens(),
                tally.reasoningTokens(),
                writtenTokens,
                reason,
                startedAt,
                firstTokenAt,
                Instant.now(),
                cancelledAfterTokens);
    }

    private static double seconds(Instant from, Instant to) {
        return Duration.between(from, to).toNanos() / 1e9;
    }
}
