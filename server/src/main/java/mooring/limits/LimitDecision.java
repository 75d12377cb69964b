package mooring.limits;

import java.util.concurrent.CompletionStage;
import mooring.problem.Problem;

/// Whether the limits leave room for a request.
public sealed interface LimitDecision {

    /// It has its place in every limit, until the permit is given back.
    record Granted(Permit permit) implements LimitDecision {}

    /// One limit has no room; nothing was counted anywhere.
    record Refused(Problem.LimitReached problem) implements LimitDecision {}

    /// Other nodes are asked for a share; nothing is counted until then. Comes within two seconds.
    record Waiting(CompletionStage<LimitDecision> later) implements LimitDecision {}
}
