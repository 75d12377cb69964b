package mooring.limits;

import mooring.problem.Problem;

/// Whether the limits leave room for a request.
public sealed interface LimitDecision {

    /// It has its place in every limit, until the permit is given back.
    record Granted(Permit permit) implements LimitDecision {}

    /// One limit has no room; nothing was counted anywhere.
    record Refused(Problem.LimitReached problem) implements LimitDecision {}
}
