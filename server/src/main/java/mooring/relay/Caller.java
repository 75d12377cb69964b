package mooring.relay;

import mooring.inference.StreamEvent;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// The one who asked, seen from the side that answers: a door's writer in its own dialect.
///
/// Lives on the request's event loop. It is told events in order and then exactly one end:
/// [#complete], [#fail], [#doubtful] or, where it did not stay for that, [#left].
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

    /// The answer failed while it was booked: whether it is charged is not known here. Told as a
    /// failure; nothing may take it for one that cost nothing.
    default void doubtful(Problem problem) {
        fail(problem);
    }

    /// The answer ended because the caller went away or no longer wants it.
    ///
    /// @param receipt of what was booked, null when nothing was
    default void left(@Nullable Receipt receipt) {}

    /// Whether more can be taken without piling it up in memory.
    boolean writable();

    /// Runs `action` each time that more can be taken again.
    void onWritable(Runnable action);

    /// Ends the connection of a caller who does not read, with what waits for him: he is gone from
    /// here on, and what [#onGone] was told runs before this returns.
    void drop();

    /// Runs `action` once if the caller goes away before the end; at once if that has happened.
    void onGone(Runnable action);
}
