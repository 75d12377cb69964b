package mooring.relay;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import mooring.inference.StreamEvent;
import mooring.time.Clock;

/// The writing side of one answer: what has gone to the caller, and whether the caller takes more.
final class Delivery {

    /// Pieces without content that may come before the first content; the rest is dropped.
    private static final int MAX_HELD_BACK = 64;

    private final Clock clock;
    private final Deadlines deadlines;
    private final Caller caller;
    private final List<StreamEvent> heldBack = new ArrayList<>();
    private final long startedNanos;
    private boolean committed;
    private long lastWriteNanos;
    private boolean full;
    private boolean discards;
    private long fullSinceNanos;

    Delivery(Clock clock, Deadlines deadlines, Caller caller) {
        this.clock = clock;
        this.deadlines = deadlines;
        this.caller = caller;
        this.startedNanos = clock.monotonicNanos();
        this.lastWriteNanos = startedNanos;
    }

    /// Whether the caller does not read, so that no more should be asked of the engine.
    boolean full() {
        return full;
    }

    /// Keeps a piece without content until there is some: before it the answer may still fail with
    /// a status of its own, or come from another replica.
    void holdBack(StreamEvent early) {
        if (!discards && heldBack.size() < MAX_HELD_BACK) {
            heldBack.add(early);
        }
    }

    /// The caller is gone: what comes is counted and goes nowhere.
    void discard() {
        discards = true;
        full = false;
        heldBack.clear();
    }

    void dropHeldBack() {
        heldBack.clear();
    }

    /// The first content is here: what was kept back goes first.
    void begin() {
        committed = true;
        heldBack.forEach(caller::event);
        heldBack.clear();
    }

    void write(StreamEvent event) {
        if (discards) {
            return;
        }
        caller.event(event);
        long now = clock.monotonicNanos();
        lastWriteNanos = now;
        if (!full && !caller.writable()) {
            full = true;
            fullSinceNanos = now;
        }
    }

    /// The caller takes more again; false when it did all along.
    boolean reads() {
        boolean waited = full;
        full = false;
        return waited;
    }

    boolean unreadTooLong(long now) {
        return full && past(now, fullSinceNanos, deadlines.slowReader());
    }

    /// Sends the status when the first content takes its time, and from then on a sign of life
    /// whenever nothing was written for as long.
    void keepAlive(long now) {
        if (!caller.streaming()) {
            return;
        }
        if (!committed) {
            if (past(now, startedNanos, deadlines.commitAfter())) {
                committed = true;
                caller.commit();
                lastWriteNanos = now;
            }
        } else if (past(now, lastWriteNanos, deadlines.commitAfter())) {
            caller.keepAlive();
            lastWriteNanos = now;
        }
    }

    static boolean past(long now, long since, Duration limit) {
        return now - since >= limit.toNanos();
    }
}
