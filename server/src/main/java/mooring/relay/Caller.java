package mooring.relay;

import mooring.inference.StreamEvent;
import mooring.limits.Allowance;
import mooring.problem.Problem;

/// The one who asked, seen from the side that answers: a door's writer in its own dialect.
///
/// Lives on the request's event loop. It is told events in order and then exactly one end:
/// [#complete] or [#fail].
public interface Caller {

    /// Whether the answer is wanted piece by piece.
    boolean streaming();

    /// What is left of the limits, for the head of the answer. Told once, before anything else.
    default void allowance(Allowance allowance) {}

    /// How many tokens the prompt has, as far as is known: an estimate at first, then what the
    /// engine counts while it answers. What is billed stands in the receipt alone.
    default void promptTokens(long tokens) {}

    /// Sends status 200 before any content is there, because content takes its time. From here on a
    /// failure can only be told inside the stream.
    void commit();

    /// Shows intermediaries that the connection lives.
    void keepAlive();

    /// A piece of the answer, or a choice's end. The first one commits.
    void event(StreamEvent event);

    /// The answer is whole, and booked.
    void complete(Receipt receipt);

    /// The answer failed: an error status before the commit, an error inside the stream behind it.
    void fail(Problem problem);

    /// Whether more can be taken without piling it up in memory.
    boolean writable();

    /// Runs `action` each time that more can be taken again.
    void onWritable(Runnable action);

    /// Runs `action` once if the caller goes away before the end; at once if that has happened.
    void onGone(Runnable action);
}
