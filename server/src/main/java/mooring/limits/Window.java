package mooring.limits;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What was used in the last 60 seconds, for one limit. Not for several threads at once.
///
/// Uses that lie close together share a step and leave together, when the last of them is 60
/// seconds old: so no 60 seconds ever see more than the limit, wherever they begin. A step of a
/// whole second would keep its first use for 61, which is more than a hundredth of the limit lost;
/// a quarter loses less than half of one. Below a limit of a hundred each use has its own step.
final class Window {

    static final long SPAN_NANOS = 60_000_000_000L;

    private static final long STEP_NANOS = 250_000_000L;

    /// Below this limit nothing is lost.
    private static final long EXACT_BELOW = 100;

    private static final int FIRST_STEPS = 4;

    /// More than a window has of full steps; beyond, uses share the newest one.
    private static final int MAX_STEPS = 512;

    private static final long[] EMPTY = {};

    /// When each step was used last, and how much; a ring whose size is a power of two.
    private long[] lastNanos = EMPTY;

    private long[] amounts = EMPTY;

    /// The number of the oldest step; step `n` lies at place `n` modulo the ring's size.
    private long first;

    private int steps;
    private long newestSinceNanos;
    private long used;

    /// What is used at this moment.
    long used(long nanos) {
        while (steps > 0 && nanos - lastNanos[place(first)] >= SPAN_NANOS) {
            used -= amounts[place(first)];
            first++;
            steps--;
        }
        return used;
    }

    /// Counts a use. Returns the number of its step, by which a part can be given back.
    long add(long nanos, long amount, long limit) {
        long newest = first + steps - 1;
        long now = nanos;
        if (steps > 0) {
            now = Math.max(now, lastNanos[place(newest)]);
            if ((limit >= EXACT_BELOW && now - newestSinceNanos < STEP_NANOS) || !room()) {
                lastNanos[place(newest)] = now;
                amounts[place(newest)] += amount;
                used += amount;
                return newest;
            }
        } else {
            room();
        }
        newest++;
        steps++;
        lastNanos[place(newest)] = now;
        amounts[place(newest)] = amount;
        newestSinceNanos = now;
        used += amount;
        return newest;
    }

    /// Takes back a part of what was counted in a step; nothing when the step has left.
    void giveBack(long step, long amount) {
        if (step >= first && step < first + steps) {
            amounts[place(step)] -= amount;
            used -= amount;
        }
    }

    /// How long until this much of what is used has left.
    long nanosUntil(long nanos, long amount) {
        long left = 0;
        for (long step = first; step < first + steps; step++) {
            left += amounts[place(step)];
            if (left >= amount) {
                return Math.max(0, lastNanos[place(step)] + SPAN_NANOS - nanos);
            }
        }
        return steps == 0 ? 0 : SPAN_NANOS;
    }

    /// How long until nothing is used any more.
    long nanosUntilEmpty(long nanos) {
        return steps == 0
                ? 0
                : Math.max(0, lastNanos[place(first + steps - 1)] + SPAN_NANOS - nanos);
    }

    /// When each single unit leaves, from now, rounded up.
    List<Long> leaveMillis(long nanos) {
        List<Long> leave = new ArrayList<>();
        long units = used(nanos);
        for (long step = first; step < first + steps && leave.size() < units; step++) {
            long until = lastNanos[place(step)] + SPAN_NANOS - nanos;
            for (long unit = 0; unit < amounts[place(step)]; unit++) {
                leave.add(Math.ceilDiv(until, 1_000_000L));
            }
        }
        return leave;
    }

    private int place(long step) {
        return (int) (step & (lastNanos.length - 1));
    }

    /// Whether one more step fits, after growing when it must.
    private boolean room() {
        if (steps < lastNanos.length) {
            return true;
        }
        if (steps >= MAX_STEPS) {
            return false;
        }
        long[] oldNanos = lastNanos;
        long[] oldAmounts = amounts;
        int size = Math.max(FIRST_STEPS, oldNanos.length * 2);
        lastNanos = Arrays.copyOf(EMPTY, size);
        amounts = Arrays.copyOf(EMPTY, size);
        for (long step = first; step < first + steps; step++) {
            int from = (int) (step & (oldNanos.length - 1));
            lastNanos[place(step)] = oldNanos[from];
            amounts[place(step)] = oldAmounts[from];
        }
        return true;
    }
}
