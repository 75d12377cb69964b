package mooring.gateway;

import io.vertx.core.Future;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import mooring.admission.Admission;
import mooring.admission.Admitted;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.Holds;
import mooring.money.Money;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.rating.PromptBound;
import mooring.rating.Rating;

/// The money set aside for a running answer, and how much of the answer it covers. Grows with it.
final class GrowingHold {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private final Admitted admitted;
    private final Holds holds;
    private final ContextInternal context;
    private Hold hold;
    private long coveredOutput;

    GrowingHold(Admitted admitted, Holds holds, ContextInternal context) {
        // Its prompt is none of the money's business, and may be large.
        this.admitted = LargePrompts.without(admitted);
        this.holds = holds;
        this.context = context;
        this.hold = admitted.hold();
        this.coveredOutput = admitted.heldOutput();
    }

    Hold now() {
        return hold;
    }

    /// Output tokens, over all choices, that are paid for.
    long coveredOutput() {
        return coveredOutput;
    }

    /// Sets more aside; fails with what cannot carry it.
    Future<Void> coverMore() {
        long most = Math.multiplyExact(admitted.request().choices(), admitted.maxTokens());
        long more = Math.min(most - coveredOutput, admitted.heldOutput());
        if (more <= 0) {
            coveredOutput = Long.MAX_VALUE;
            return Future.succeededFuture();
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
            return Future.succeededFuture();
        }
        return covered(holds.extend(hold, by), more);
    }

    private Future<Void> covered(HoldDecision decision, long more) {
        return switch (decision) {
            case HoldDecision.Granted(Hold grown) -> {
                hold = grown;
                coveredOutput += more;
                yield Future.succeededFuture();
            }
            case HoldDecision.Refused refused ->
                    Future.failedFuture(
                            new ProblemException(
                                    Admission.exhausted(admitted.principal(), refused)));
            case HoldDecision.Unavailable _ ->
                    Future.failedFuture(
                            new ProblemException(new Problem.StoreUnavailable(RETRY_AFTER)));
            case HoldDecision.Waiting(var later) ->
                    Future.fromCompletionStage(later, context)
                            .compose(answer -> covered(answer, more));
        };
    }
}
