package mooring.gateway;

import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import mooring.admission.Admitted;
import mooring.catalog.EngineKind;
import mooring.engine.EngineCall;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.relay.Problems;
import mooring.relay.Relay;
import mooring.replicas.Replica;
import org.jspecify.annotations.Nullable;

/// One request's attempts at replicas: one after the other until one gives content, or a second
/// beside the first where the model is hedged. On the request's event loop.
///
/// Every attempt but the first is paid for from the model's retry budget, and none begins once
/// content has reached the caller.
final class Attempts implements Race.Referee {

    /// Attempts at replicas before the caller hears of the failure.
    private static final int MOST = 3;

    private Admitted admitted;
    private final RequestRun.Steps steps;
    private final Way way;
    private final Context context;
    private final Relay relay;
    private final Lost uncounted;
    private final Search search;
    private final Set<Replica> tried = new HashSet<>();
    private final long begunNanos;

    private int count;
    private boolean promptGone;
    private Replica.@Nullable Booking booking;
    private Replica.@Nullable Booking beside;
    private @Nullable Replica last;

    /// Hears of work at a replica that nobody will count.
    @FunctionalInterface
    interface Lost {
        void at(Replica replica);
    }

    Attempts(
            Admitted admitted,
            RequestRun.Steps steps,
            Way way,
            Context context,
            Relay relay,
            Lost uncounted) {
        this.admitted = admitted;
        this.steps = steps;
        this.way = way;
        this.context = context;
        this.relay = relay;
        this.uncounted = uncounted;
        this.search = new Search(admitted, steps, context, relay);
        this.begunNanos = steps.clock().monotonicNanos();
    }

    int count() {
        return count;
    }

    /// The replica that answers, or was the last to be tried.
    @Nullable Replica last() {
        return last;
    }

    /// Whether a replica works on it.
    boolean running() {
        return booking != null;
    }

    void begin() {
        steps.retries().budget(model()).request();
        search.next(tried, true, this::run);
    }

    /// An attempt failed before any content: another one, or the caller hears of it.
    void failed(EngineFailure failure) {
        Replica at = last;
        if (running() && at != null) {
            judge(at, failure);
        }
        close();
        switch (failure) {
            case EngineFailure.Rejected _ -> refuse(failure);
            // Nobody is asked twice who is busy, or has already used up the time.
            case EngineFailure.Busy _, EngineFailure.TimedOut _ -> again(failure, true);
            case EngineFailure.Unreachable _, EngineFailure.Broken _ -> again(failure, false);
        }
    }

    private void again(EngineFailure failure, boolean elsewhereOnly) {
        if (count >= MOST) {
            refuse(failure);
            return;
        }
        search.next(
                tried,
                !elsewhereOnly,
                chosen -> {
                    if ((elsewhereOnly && tried.contains(chosen.replica())) || !affordable()) {
                        chosen.close();
                        refuse(failure);
                    } else {
                        steps.observer().retried(model());
                        run(chosen);
                    }
                });
    }

    private boolean affordable() {
        boolean taken = steps.retries().budget(model()).take();
        if (!taken) {
            steps.observer().retryRefused(model());
        }
        return taken;
    }

    private void run(Replica.Booking chosen) {
        booking = chosen;
        dispatched(chosen);
        way.dispatched();
        try {
            Optional<Duration> hedge =
                    count == 1 && safe(chosen.replica())
                            ? steps.retries().hedgeAfter(model())
                            : Optional.empty();
            relay.attempt(
                    hedge.isEmpty()
                            ? steps.engines().of(chosen.replica()).open(call(), relay)
                            : Race.begin(context, hedge.get(), relay, this, chosen));
        } catch (RuntimeException e) {
            // A fault of ours ends this one request, and its hold with it.
            relay.refuse(Problems.of(e));
        }
    }

    private void dispatched(Replica.Booking chosen) {
        last = chosen.replica();
        tried.add(chosen.replica());
        count++;
    }

    /// What may run twice: urgent work for one answer, at an engine of which it is known that a
    /// cancelled call costs nothing.
    private boolean safe(Replica replica) {
        return admitted.request().tier() != ServiceTier.BATCH
                && admitted.request().choices() == 1
                && replica.spec().engine() != EngineKind.OPENAI
                && !replica.spec().billsCancelled();
    }

    @Override
    public EngineStream open(Replica.Booking at, EngineListener listener) {
        return steps.engines().of(at.replica()).open(call(), listener);
    }

    @Override
    public Replica.@Nullable Booking second() {
        Replica.Booking chosen = relay.over() ? null : search.atOnce(tried);
        if (chosen == null) {
            return null;
        }
        Replica other = chosen.replica();
        if (tried.contains(other)
                || !safe(other)
                || other.standing().sitsOut(steps.clock().monotonicNanos())
                || !affordable()) {
            chosen.close();
            return null;
        }
        beside = chosen;
        Replica first = last;
        dispatched(chosen);
        last = first;
        return chosen;
    }

    @Override
    public void out(Replica.Booking loser, @Nullable EngineFailure failure) {
        if (failure != null) {
            judge(loser.replica(), failure);
            steps.observer().hedged(model(), Observer.Hedge.RESCUED);
        }
        uncounted.at(loser.replica());
        loser.close();
        if (loser == booking) {
            booking = beside;
        }
        beside = null;
        last = booking == null ? last : booking.replica();
    }

    @Override
    public void decided(boolean secondWon) {
        steps.observer().hedged(model(), secondWon ? Observer.Hedge.WON : Observer.Hedge.LOST);
    }

    /// No further attempt is made, so the prompt may go. No tokenizer can count it then.
    void withoutPrompt() {
        admitted = admitted.withoutPrompt();
        promptGone = true;
    }

    /// The engine has said something.
    void heard() {
        Replica at = last;
        if (at != null) {
            at.heard();
        }
    }

    /// The answer came to its end.
    void answered() {
        Replica at = last;
        if (at != null) {
            steps.outliers().answered(at);
            long first = relay.moments().firstContent();
            if (first != 0) {
                steps.retries().firstContent(model(), first - begunNanos);
            }
        }
    }

    /// The engine was lost behind the first content.
    void broke() {
        Replica at = last;
        if (at != null && steps.outliers().failed(at)) {
            steps.observer().ejected(at);
        }
    }

    private void judge(Replica replica, EngineFailure failure) {
        steps.observer().attemptFailed(replica, failure);
        switch (failure) {
            case EngineFailure.Unreachable _, EngineFailure.Broken _, EngineFailure.TimedOut _ -> {
                if (steps.outliers().failed(replica)) {
                    steps.observer().ejected(replica);
                }
            }
            case EngineFailure.Busy(var retryAfter, _) ->
                    steps.outliers().busy(replica, retryAfter == null ? Duration.ZERO : retryAfter);
            case EngineFailure.Rejected _ -> steps.outliers().answered(replica);
        }
    }

    /// The prompt's tokens by the engine that has it.
    Future<Long> countPrompt() {
        Replica.Booking at = booking;
        return at == null || promptGone
                ? Future.failedFuture("no replica, or no prompt")
                : steps.engines().of(at.replica()).countPrompt(admitted.request());
    }

    /// Gives back the load that it is on replicas. Harmless when nothing is.
    void close() {
        search.leave();
        if (booking != null) {
            booking.close();
            booking = null;
        }
        if (beside != null) {
            uncounted.at(beside.replica());
            beside.close();
            beside = null;
        }
    }

    private EngineCall call() {
        return new EngineCall(
                admitted.id(),
                admitted.request(),
                admitted.maxTokens(),
                admitted.principal().cacheScope(),
                steps.observer().traceparent(admitted.id()));
    }

    private void refuse(EngineFailure failure) {
        relay.refuse(
                failure instanceof EngineFailure.Unreachable
                        ? search.noneReady()
                        : Problems.of(failure));
    }

    private ModelId model() {
        return admitted.model().id();
    }
}
