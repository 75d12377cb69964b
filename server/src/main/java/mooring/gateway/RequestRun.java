package mooring.gateway;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import mooring.admission.Admission;
import mooring.admission.Admitted;
import mooring.engine.EngineFailure;
import mooring.engine.Engines;
import mooring.inference.ModelId;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.ledger.Holds;
import mooring.metering.Acceptance;
import mooring.metering.Ending;
import mooring.metering.Metered;
import mooring.metering.Release;
import mooring.metering.Served;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.rating.Rating;
import mooring.relay.Caller;
import mooring.relay.Count;
import mooring.relay.Deadlines;
import mooring.relay.Problems;
import mooring.relay.Receipt;
import mooring.relay.Relay;
import mooring.relay.Spending;
import mooring.relay.Ticker;
import mooring.replicas.Outliers;
import mooring.replicas.Replica;
import mooring.routing.Retries;
import mooring.routing.Router;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One admitted request on its way: attempts at replicas until one answers, and the money that goes
/// with it. The relay tells it when to do what; it tells the ledger.
final class RequestRun implements Spending {
    private static final Logger LOG = LoggerFactory.getLogger(RequestRun.class);

    /// What a run works with, the same for all.
    record Steps(
            Admission admission,
            Router router,
            Retries retries,
            Outliers outliers,
            Engines engines,
            Holds holds,
            Clock clock,
            Deadlines deadlines,
            Ticker ticker,
            Observer observer,
            Consumer<RequestRun> ended) {}

    private Admitted admitted;
    private final Acceptance acceptance;
    private final Metered metered;
    private final Way way;
    private final Steps steps;
    private final ContextInternal context;
    private final Caller caller;
    private final Relay relay;
    private final Attempts attempts;
    private final GrowingHold hold;
    private final Believable believable;
    private final long givenTokens;
    private final Operation operation;
    private final Runnable bodyDone;
    private boolean settling;
    private boolean cut;

    RequestRun(
            Admitted admitted,
            Acceptance acceptance,
            Metered metered,
            Caller caller,
            Way way,
            Steps steps,
            Context context,
            Runnable bodyDone) {
        this.admitted = admitted;
        this.acceptance = acceptance;
        this.metered = metered;
        this.way = way;
        this.steps = steps;
        this.context = (ContextInternal) context;
        this.caller = caller;
        this.believable = Believable.of(admitted);
        this.operation = admitted.request().task().operation();
        this.givenTokens = admitted.request().task().givenTokens();
        this.bodyDone = bodyDone;
        this.hold = new GrowingHold(admitted, steps.holds(), this.context);
        this.relay =
                new Relay(
                        context,
                        steps.ticker(),
                        steps.clock(),
                        steps.deadlines(),
                        caller,
                        this,
                        admitted.request().choices());
        this.attempts =
                new Attempts(admitted, steps, way, context, relay, at -> uncounted(at, Usage.NONE));
    }

    ModelId model() {
        return acceptance.model();
    }

    Context context() {
        return context;
    }

    Caller caller() {
        return caller;
    }

    Acceptance acceptance() {
        return acceptance;
    }

    /// Begins on the request's event loop, which is the one that calls.
    void begin() {
        try {
            relay.begin();
            if (!relay.over()) {
                attempts.begin();
            }
        } catch (RuntimeException e) {
            // A fault of ours ends this one request, and its hold with it.
            relay.refuse(Problems.of(e));
        }
    }

    /// Ends it, on its own event loop, because this process stops.
    void cutOff(Problem problem) {
        context.runOnContext(_ -> relay.cutOff(problem));
    }

    @Override
    public void attemptFailed(EngineFailure failure) {
        uncounted(Usage.NONE);
        cut = false;
        attempts.failed(failure);
    }

    /// A whole answer passes behind its settlement, which stands behind its acceptance in the
    /// journal.
    @Override
    public Future<Void> recorded() {
        return !caller.streaming()
                ? Future.succeededFuture()
                : Future.fromCompletionStage(metered.durable(context.nettyEventLoop()), context);
    }

    @Override
    public void progress(Count delivered) {
        Usage reported = delivered.reported();
        metered.progress(
                reported == null
                        ? Usage.ofPrompt(cautiousPrompt(), 0, delivered.ownOutput(), 0)
                        : reported.withOutput(
                                delivered.ownOutput(),
                                Math.min(reported.reasoning(), delivered.ownOutput())));
    }

    /// A large body is freed here; small ones may still be counted by their engine's tokenizer.
    @Override
    public void contentBegun() {
        if (LargePrompts.large(admitted)) {
            admitted = admitted.withoutPrompt();
            attempts.withoutPrompt();
            bodyDone.run();
        }
    }

    @Override
    public void heard() {
        attempts.heard();
    }

    /// What is cut is recorded as an estimate, and told to the operator once.
    @Override
    public Usage believable(Usage counted) {
        Usage believed = believable.of(counted);
        if (!believed.equals(counted) && !cut) {
            cut = true;
            Replica at = attempts.last();
            LOG.warn(
                    "{}: {} counts {} (expected: at most {} of prompt and {} of output); what is"
                            + " beyond is not charged",
                    acceptance.id(),
                    at == null ? "an engine" : at.id(),
                    counted,
                    believable.prompt(),
                    believable.output());
        }
        return believed;
    }

    @Override
    public boolean billsCancelled() {
        Replica at = attempts.last();
        return at != null && at.spec().billsCancelled();
    }

    @Override
    public long coveredOutput() {
        return hold.coveredOutput();
    }

    @Override
    public Future<Void> coverMore() {
        return hold.coverMore();
    }

    @Override
    public Future<Receipt> settle(Ending ending, Count count) {
        Future<Receipt> booked;
        try {
            booked = settleNow(ending, count);
        } catch (RuntimeException e) {
            booked = Future.failedFuture(e);
        }
        return booked.onFailure(this::letGo);
    }

    /// Where the end could not even be written down, nothing may stay held for it. Its acceptance
    /// stays open, so that the next start bills what was delivered.
    private void letGo(Throwable cause) {
        if (settling) {
            return;
        }
        LOG.error("{}: not settled", acceptance.id(), cause);
        settling = true;
        attempts.close();
        steps.holds().release(hold.now());
        admitted.permit().release(0);
        steps.ended().accept(this);
    }

    private Future<Receipt> settleNow(Ending ending, Count count) {
        Instant finishedAt = steps.clock().now();
        judge(ending);
        Usage reported = count.reported();
        Replica at = attempts.last();
        if (reported != null) {
            if (!cut && givenTokens == 0) {
                steps.admission().observe(admitted.request(), reported.prompt());
            }
            boolean lagging = !count.complete() && reported.output() < count.ownOutput();
            Usage usage =
                    lagging
                            ? reported.withOutput(count.ownOutput(), reported.reasoning())
                            : reported;
            if (count.complete() && !cut && admitted.request().choices() == 1 && at != null) {
                steps.observer().counted(at, reported);
            } else {
                uncounted(usage);
            }
            return book(ending, usage, lagging || cut, finishedAt);
        }
        // The engine never said: its tokenizer counts the prompt, we counted the output.
        return promptTokens()
                .compose(
                        prompt -> {
                            Usage usage = Usage.ofPrompt(prompt, 0, count.ownOutput(), 0);
                            uncounted(usage);
                            return book(ending, usage, true, finishedAt);
                        });
    }

    /// What the ending says of the replica that brought it.
    private void judge(Ending ending) {
        switch (ending) {
            case STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER -> attempts.answered();
            case ENGINE_LOST -> attempts.broke();
            case CANCELLED, INSUFFICIENT_QUOTA, GATEWAY_LOST -> {}
        }
    }

    /// Several choices are several prompts to an engine, so their count does not say what it did.
    private void uncounted(Usage billed) {
        Replica at = attempts.last();
        if (attempts.running() && at != null) {
            uncounted(at, billed);
        }
    }

    private void uncounted(Replica at, Usage billed) {
        long choices = admitted.request().choices();
        long prompt = Math.max(admitted.promptBound(), billed.prompt());
        long output = Math.max(choices * admitted.maxTokens(), billed.output());
        steps.observer().uncounted(at, billed, Usage.ofPrompt(choices * prompt, 0, output, 0));
    }

    private Future<Long> promptTokens() {
        return attempts.countPrompt().otherwise(_ -> cautiousPrompt());
    }

    /// Four bytes a token: in the caller's favour where nobody has counted.
    private long cautiousPrompt() {
        return Math.min(admitted.promptBound(), givenTokens + admitted.request().promptBytes() / 4);
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
                        acceptance,
                        hold.now(),
                        finishedAt,
                        ending,
                        estimated,
                        usage,
                        admitted.price().callsOfARequest(),
                        charge,
                        served());
        attempts.close();
        settling = true;
        long settlingNanos = steps.clock().monotonicNanos();
        Future<Void> durable =
                Future.fromCompletionStage(
                        metered.settle(record, context.nettyEventLoop()), context);
        steps.holds().charged(hold.now(), charge);
        admitted.permit().release(usage.prompt() + usage.output());
        Money available = steps.holds().available(hold.now().wallet());
        return durable.onComplete(_ -> steps.ended().accept(this))
                .onSuccess(
                        _ ->
                                steps.observer()
                                        .settled(
                                                record,
                                                operation,
                                                Duration.ofNanos(
                                                        steps.clock().monotonicNanos()
                                                                - settlingNanos)))
                .onFailure(cause -> steps.observer().unsettled(record, operation, cause))
                .map(_ -> new Receipt(admitted.id(), usage, charge, available));
    }

    private Served served() {
        Replica at = attempts.last();
        return new Served(
                at == null ? null : at.id(), attempts.count(), way.timeline(relay.moments()));
    }

    @Override
    public void release(@Nullable Problem problem) {
        if (attempts.running()
                && (problem instanceof Problem.EngineFailed
                        || problem instanceof Problem.EngineTimeout)) {
            attempts.broke();
        }
        uncounted(Usage.NONE);
        attempts.close();
        Release release =
                new Release(
                        acceptance,
                        steps.clock().now(),
                        problem == null ? null : problem.name(),
                        served());
        try {
            metered.release(release);
        } finally {
            steps.holds().release(hold.now());
            admitted.permit().release(0);
            steps.observer().released(release, operation, problem);
            steps.ended().accept(this);
        }
    }
}
