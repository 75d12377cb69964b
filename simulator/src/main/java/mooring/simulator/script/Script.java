package mooring.simulator.script;

import java.util.ArrayDeque;

/// Orders for requests that carry none themselves: first the queued ones in turn, then a default.
///
/// Safe from any thread.
public final class Script {

    /// Most orders that may wait; a test that queues more has lost count.
    public static final int MAX_QUEUED = 100_000;

    private final ArrayDeque<Directive> next = new ArrayDeque<>();
    private Directive standing = Directive.NONE;

    /// Orders the same for the next `times` requests without a directive.
    public synchronized void enqueue(Directive directive, int times) {
        if (times < 1 || times > MAX_QUEUED - next.size()) {
            throw new BadDirectiveException(
                    "times: " + times + " (expected: 1.." + (MAX_QUEUED - next.size()) + ")");
        }
        for (int i = 0; i < times; i++) {
            next.add(directive);
        }
    }

    /// Orders for every request for which nothing else is ordered.
    public synchronized void standing(Directive directive) {
        standing = directive;
    }

    /// The orders of the next request, used up if they were queued.
    public synchronized Directive take() {
        Directive queued = next.poll();
        return queued != null ? queued : standing;
    }

    /// Forgets everything ordered.
    public synchronized void clear() {
        next.clear();
        standing = Directive.NONE;
    }
}
