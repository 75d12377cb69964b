package mooring.simulator.script;

/// One way in which a pretend engine misbehaves on order.
///
/// The closed list: a new fault is added here, gets its key in [DirectiveReader] and its effect in
/// [FaultPlan], and the compiler points at the second.
public sealed interface Fault {

    /// Answers with this status and an error body instead of generating; 0 seconds: no header.
    record HttpError(int status, int retryAfterSeconds) implements Fault {}

    /// Closes the socket once that many tokens are written.
    record CutAfterTokens(int tokens) implements Fault {}

    /// Resets the connection once that many tokens are written, as a process that dies does.
    record ResetAfterTokens(int tokens) implements Fault {}

    /// Goes quiet with the socket open once that many tokens are written.
    record StallAfterTokens(int tokens) implements Fault {}

    /// Takes the request and never answers, not even with a status.
    record Silence() implements Fault {}

    /// Vanishes once that many tokens are written, as a machine without power does: it writes
    /// nothing more, reads nothing more, and never hears that the client left.
    record HalfOpen(int afterTokens) implements Fault {}

    /// Refuses the request as too long for the window, in vLLM's words.
    record ContextError() implements Fault {}

    /// Ends the answer with the finish reason `content_filter` after that many tokens.
    record ContentFilter(int afterTokens) implements Fault {}

    /// Of the requests with this order, in turn, so many are answered and so many find the
    /// connection reset.
    record Flapping(int up, int down) implements Fault {}

    /// Leaves out the `[DONE]` line.
    record NoDone() implements Fault {}

    /// Leaves out every finish reason.
    record NoFinishReason() implements Fault {}

    /// Sends a chunk that is not JSON after that many tokens and goes on; whole bodies are cut.
    record MalformedChunk(int afterTokens) implements Fault {}
}
