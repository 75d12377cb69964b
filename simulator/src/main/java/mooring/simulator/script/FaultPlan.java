package mooring.simulator.script;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the ordered faults do to one request, in the form in which generation asks for it.
public final class FaultPlan {

    private static final long NEVER = Long.MAX_VALUE;

    private Fault.@Nullable HttpError httpError;
    private Fault.@Nullable Flapping flapping;
    private boolean contextError;
    private int filterAfterTokens = Integer.MAX_VALUE;
    private long resetAfterTokens = NEVER;
    private long halfOpenAfterTokens = NEVER;
    private long cutAfterTokens = NEVER;
    private long stallAfterTokens = NEVER;
    private long malformedAfterTokens = NEVER;
    private boolean silent;
    private boolean withDone = true;
    private boolean withFinishReason = true;

    private FaultPlan() {}

    /// Folds the faults into one plan; of two of a kind the later counts.
    public static FaultPlan of(List<Fault> faults) {
        FaultPlan plan = new FaultPlan();
        for (Fault fault : faults) {
            plan.add(fault);
        }
        return plan;
    }

    private void add(Fault fault) {
        switch (fault) {
            case Fault.HttpError error -> httpError = error;
            case Fault.CutAfterTokens(int tokens) -> cutAfterTokens = tokens;
            case Fault.ResetAfterTokens(int tokens) -> resetAfterTokens = tokens;
            case Fault.StallAfterTokens(int tokens) -> stallAfterTokens = tokens;
            case Fault.HalfOpen(int tokens) -> halfOpenAfterTokens = tokens;
            case Fault.ContextError() -> contextError = true;
            case Fault.ContentFilter(int tokens) -> filterAfterTokens = tokens;
            case Fault.Flapping ordered -> flapping = ordered;
            case Fault.MalformedChunk(int tokens) -> malformedAfterTokens = tokens;
            case Fault.Silence() -> silent = true;
            case Fault.NoDone() -> withDone = false;
            case Fault.NoFinishReason() -> withFinishReason = false;
        }
    }

    /// The refusal to send instead of an answer, if one is ordered.
    public Fault.@Nullable HttpError httpError() {
        return httpError;
    }

    /// Whether the request is refused as too long.
    public boolean contextError() {
        return contextError;
    }

    /// The turns of a connection that comes and goes, if ordered.
    public Fault.@Nullable Flapping flapping() {
        return flapping;
    }

    /// Tokens after which a filter ends the answer, more than any answer has where none does.
    public int filterAfterTokens() {
        return filterAfterTokens;
    }

    /// Whether anything but tokens happens at this many of them.
    public boolean breaksAt(long tokens) {
        return cutsAt(tokens) || resetsAt(tokens) || stallsAt(tokens) || halfOpenAt(tokens);
    }

    /// Whether the connection is reset at this many tokens.
    public boolean resetsAt(long tokens) {
        return tokens >= resetAfterTokens;
    }

    /// Whether the engine vanishes at this many tokens.
    public boolean halfOpenAt(long tokens) {
        return tokens >= halfOpenAfterTokens;
    }

    /// Whether the socket closes at this many tokens.
    public boolean cutsAt(long tokens) {
        return tokens >= cutAfterTokens;
    }

    /// Whether the answer goes quiet at this many tokens.
    public boolean stallsAt(long tokens) {
        return tokens >= stallAfterTokens;
    }

    /// Whether something unreadable is due once this many tokens are out.
    public boolean malformedAt(long tokens) {
        return tokens >= malformedAfterTokens;
    }

    /// Whether the request is never answered.
    public boolean silent() {
        return silent;
    }

    /// Whether a stream ends with `[DONE]`.
    public boolean withDone() {
        return withDone;
    }

    /// Whether finish reasons are sent.
    public boolean withFinishReason() {
        return withFinishReason;
    }
}
