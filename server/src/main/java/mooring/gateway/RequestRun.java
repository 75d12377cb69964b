package mooring.gateway;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import mooring.admission.Admission;
import mooring.admission.Admitted;
import mooring.engine.EngineCall;
import mooring.engine.EngineFailure;
import mooring.engine.Engines;
import mooring.inference.ModelId;
import mooring.inference.Usage;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.Holds;
import mooring.ledger.NodeEpoch;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Served;
import mooring.metering.Settlements;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.rating.PromptBound;
import mooring.rating.Rating;
import mooring.relay.Caller;
import mooring.relay.Count;
import mooring.relay.Deadlines;
import mooring.relay.Problems;
import mooring.relay.Receipt;
import mooring.relay.Relay;
import mooring.relay.Spending;
import mooring.replicas.Replica;
import mooring.routing.Route;
import mooring.routing.Router;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// One admitted request on its way: attempts at replicas until one answers, and the money that goes
/// with it. The relay tells it when to do what; it tells the ledger.
final class RequestRun implements Spending {

    /// What a run works with, the same for all.
    record Steps(
            NodeEpoch node,
            Admission admission,
            Router router,
            Engines engines,
            Holds holds,
            Settlements settlements,
            Clock clock,
            Deadlines deadlines,
            Observer observer,
            Consumer<RequestRun> ended) {}

    /// Attempts at replicas before the caller hears of the failure.
    private static final int MAX_ATTEMPTS = 3;

    private final Admitted admitted;
    private final Acceptance accepted;
    private final Caller caller;
    private final Steps steps;
    private final Set<Replica> tried = new HashSet<>();
    private final long startedNanos;

    private Hold hold;
    private long coveredOutput;
    private int attempts;
    private Replica.@Nullable Booking booking;
    private @Nullable Relay relay;
    private volatile @Nullable Context context;

    RequestRun(Admitted admitted, @Nullable String clientRequestId, Caller caller, Steps steps) {
        this.admitted = admitted;
        this.accepted =
                new Acceptance(
                        admitted.id(),
                        admitted.principal().organization(),
                        admitted.principal().project(),
                        admitted.principal().key(),
                        admitted.model().id(),
                        admitted.request().tier(),
                        admitted.hold(),
                        admitted.priceVersion().id(),
                        clientRequestId,
                        admitted.admittedAt(),
                        caller.streaming(),
                        steps.node());
        this.caller = caller;
        this.steps = steps;
        this.hold = admitted.hold();
        this.coveredOutput = admitted.heldOutput();
        this.startedNanos = steps.clock().monotonicNanos();
    }

    ModelId model() {
        return admitted.model().id();
    }

    void begin(Context onContext) {
        context = onContext;
        Relay begun =
                new Relay(
                        onContext,
                        steps.clock(),
                        steps.deadlines(),
                        caller,
                        this,
                        admitted.request().choices());
        relay = begun;
        begun.begin();
        if (!begun.over()) {
            attempt(begun);
        }
    }

    /// Ends it, on its own event loop, because this process stops.
    void cutOff(Problem problem) {
        Context on = context;
        if (on != null) {
            on.runOnContext(
                    _ -> {
                        if (relay != null) {
                            relay.cutOff(problem);
                        }
                    });
        }
    }

    private void attempt(Relay on) {
        attempts++;
        switch (steps.router().choose(admitted.model().id(), tried)) {
            case Route.Chosen(Replica.Booking chosen) -> {
                booking = chosen;
                tried.add(chosen.replica());
                EngineCall call =
                        new EngineCall(
                                admitted.id(),
                                admitted.request(),
                                admitted.maxTokens(),
                                admitted.principal().cacheScope());
                try {
                    on.attempt(steps.engines().of(chosen.replica()).open(call, on));
                } catch (RuntimeException e) {
                    // A fault of ours ends this one request, and its hold with it.
                    refuse(on, Problems.of(e));
                }
            }
            case Route.NoneReady _ -> refuse(on, noneReady());
            case Route.AllBusy _ -> refuse(on, new Problem.EngineOverloaded(RETRY_AFTER));
        }
    }

    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private Problem noneReady() {
        return new Problem.EngineUnavailable(admitted.model().id().text(), RETRY_AFTER);
    }

    @Override
    public void attemptFailed(EngineFailure failure) {
        Replica.Booking failed = booking;
        unbook();
        if (failed != null) {
            steps.observer().attemptFailed(failed.replica(), failure);
        }
        Relay on = relay;
        if (on == null) {
            return;
        }
        boolean another =
                switch (failure) {
                    case EngineFailure.Rejected _, EngineFailure.TimedOut _ -> false;
                    case EngineFailure.Unreachable _,
                            EngineFailure.Busy _,
                            EngineFailure.Broken _ ->
                            attempts < MAX_ATTEMPTS;
                };
        if (another) {
            attempt(on);
        } else {
            refuse(
                    on,
                    failure instanceof EngineFailure.Unreachable
                            ? noneReady()
                            : Problems.of(failure));
        }
    }

    private void refuse(Relay on, Problem problem) {
        on.refuse(problem);
    }

    @Override
    public long coveredOutput() {
        return coveredOutput;
    }

    @Override
    public Future<Boolean> coverMore() {
        long most = Math.multiplyExact(admitted.request().choices(), admitted.maxTokens());
        long more = Math.min(most - coveredOutput, admitted.heldOutput());
        if (more <= 0) {
            coveredOutput = Long.MAX_VALUE;
            return Future.succeededFuture(true);
        }
        Money by =
                Rating.outputBound(
                        PromptBound.upTo(admitted.promptBound()),
                        more,
                        admitted.request().tier(),
                        admitted.price(),
                        admitted.priceVersion().currency());
        if (!by.positive()) {
            coveredOutput += more;
            return Future.succeededFuture(true);
        }
        return covered(steps.holds().extend(hold, by), more);
    }

    private Future<Boolean> covered(HoldDecision decision, long more) {
        return switch (decision) {
            case HoldDecision.Granted(Hold grown) -> {
                hold = grown;
                coveredOutput += more;
                yield Future.succeededFuture(true);
            }
            case HoldDecision.Refused _ -> Future.succeededFuture(false);
            case HoldDecision.Unavailable _ ->
                    Future.failedFuture(
                            new ProblemException(new Problem.StoreUnavailable(RETRY_AFTER)));
            case HoldDecision.Waiting(var later) ->
                    Future.fromCompletionStage(later, context)
                            .compose(answer -> covered(answer, more));
        };
    }

    @Override
    public Future<Receipt> settle(Ending ending, Count count) {
        Instant finishedAt = steps.clock().now();
        Usage reported = count.reported();
        if (reported != null) {
            steps.admission().observe(admitted.request(), reported.prompt());
            boolean estimated = !count.complete() && reported.output() < count.ownOutput();
            Usage usage =
                    estimated
                            ? reported.withOutput(count.ownOutput(), reported.reasoning())
                            : reported;
            return book(ending, usage, estimated, finishedAt);
        }
        // The engine never said: its tokenizer counts the prompt, we counted the output.
        return promptTokens()
                .compose(
                        prompt ->
                                book(
                                        ending,
                                        Usage.ofPrompt(prompt, 0, count.ownOutput(), 0),
                                        true,
                                        finishedAt));
    }

    private Future<Long> promptTokens() {
        Replica.Booking at = booking;
        Future<Long> exact =
                at == null
                        ? Future.failedFuture("no replica")
                        : steps.engines().of(at.replica()).countPrompt(admitted.request());
        // Four bytes a token: in the caller's favour where nobody can count.
        return exact.otherwise(
                _ -> Math.min(admitted.promptBound(), admitted.request().promptBytes() / 4));
    }

    private Future<Receipt> book(
            Ending ending, Usage usage, boolean estimated, Instant finishedAt) {
        Money charge =
                Rating.total(
                        usage,
                        admitted.price().callsOfARequest(),
                        admitted.request().tier(),
                        admitted.price(),
                        admitted.priceVersion().currency());
        UsageRecord record =
                new UsageRecord(
                        accepted,
                        hold,
                        finishedAt,
                        ending,
                        estimated,
                        usage,
                        admitted.price().callsOfARequest(),
                        charge,
                        Served.NOWHERE);
        Duration first = relay == null ? Duration.ZERO : relay.timeToFirstContent();
        Duration duration = Duration.ofNanos(steps.clock().monotonicNanos() - startedNanos);
        unbook();
        long settlingNanos = steps.clock().monotonicNanos();
        return Future.fromCompletionStage(steps.settlements().settle(record), context)
                .onComplete(_ -> steps.ended().accept(this))
                .onSuccess(
                        _ ->
                                steps.observer()
                                        .settled(
                                                record,
                                                first,
                                                duration,
                                                Duration.ofNanos(
                                                        steps.clock().monotonicNanos()
                                                                - settlingNanos)))
                .onFailure(cause -> unsettled(record, cause))
                .map(
                        settled ->
                                new Receipt(
                                        admitted.id(),
                                        usage,
                                        settled.charge(),
                                        settled.available()));
    }

    /// Booking failed for good: the record is in the log, and the wallet gets its hold back as soon
    /// as the store answers.
    private void unsettled(UsageRecord record, Throwable cause) {
        steps.observer().unsettled(record, cause);
        if (record.hold().amount().positive()) {
            steps.holds().release(record.hold());
        }
    }

    @Override
    public void release(@Nullable Problem problem) {
        unbook();
        steps.observer()
                .released(
                        model(),
                        problem,
                        caller.streaming(),
                        Duration.ofNanos(steps.clock().monotonicNanos() - startedNanos));
        if (hold.amount().positive()) {
            steps.holds().release(hold);
        }
        steps.ended().accept(this);
    }

    private void unbook() {
        if (booking != null) {
            booking.close();
            booking = null;
        }
    }
}
