package mooring.routing;

import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import mooring.inference.ServiceTier;
import mooring.replicas.Replica;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The requests of one model that wait for a place at a replica.
///
/// Each is due so long after it came as its tier is patient, and the one that is due first goes
/// first: priority before standard before batch, but nobody is overtaken for ever. When the line is
/// full, the one that is due last leaves it. Safe from any thread.
final class Line {

    private static final Comparator<Turn> FIRST_DUE =
            Comparator.<Turn>comparingLong(turn -> turn.due).thenComparingLong(turn -> turn.number);

    /// Of the mean of the times between two that were served, the part that the last one is.
    private static final int PACE_SHARE = 8;

    private final Clock clock;
    private final TreeSet<Turn> turns = new TreeSet<>(FIRST_DUE);
    private long numbers;
    private volatile int length;

    /// When the line last moved, or began.
    private long movedNanos;

    /// Between two that were served while others waited; below zero before there were any.
    private long paceNanos = -1;

    Line(Clock clock) {
        this.clock = clock;
    }

    /// A request's place in the line.
    final class Turn implements Waiting {
        private final Wish wish;
        private final Set<Replica> tried;
        private final Consumer<Route> told;
        private final long due;
        private final long number;

        private Turn(Wish wish, Set<Replica> tried, Consumer<Route> told, long due, long number) {
            this.wish = wish;
            this.tried = Set.copyOf(tried);
            this.told = told;
            this.due = due;
            this.number = number;
        }

        Wish wish() {
            return wish;
        }

        Set<Replica> tried() {
            return tried;
        }

        @Override
        public void leave() {
            remove(this);
        }
    }

    /// How much longer than the most urgent one a request can wait behind others that came later.
    private static Duration patience(ServiceTier tier) {
        return switch (tier) {
            case PRIORITY -> Duration.ZERO;
            case STANDARD -> Duration.ofSeconds(10);
            case BATCH -> Duration.ofSeconds(60);
        };
    }

    int length() {
        return length;
    }

    /// Joins; who has to leave for it, perhaps itself, is told so.
    ///
    /// @param most how long the line may be
    Turn join(Wish wish, Set<Replica> tried, long now, long most, Consumer<Route> told) {
        Turn joined;
        Turn left = null;
        synchronized (this) {
            long due = now + patience(wish.tier()).toNanos();
            joined = new Turn(wish, tried, told, due, numbers++);
            if (turns.isEmpty()) {
                movedNanos = now;
            }
            turns.add(joined);
            if (turns.size() > most) {
                left = turns.pollLast();
            }
            length = turns.size();
        }
        if (left != null) {
            left.told.accept(new Route.AllBusy());
        }
        return joined;
    }

    /// Sends away, in their order, those for whom there is a route now.
    void serve(Function<Turn, Route> route) {
        while (length > 0) {
            Turn first;
            Route found;
            synchronized (this) {
                first = turns.isEmpty() ? null : turns.first();
                found = first == null ? null : found(route.apply(first));
                if (first == null || found == null) {
                    return;
                }
                turns.remove(first);
                length = turns.size();
                if (found instanceof Route.Chosen) {
                    moved(clock.monotonicNanos());
                }
            }
            first.told.accept(found);
        }
    }

    private void moved(long now) {
        long since = now - movedNanos;
        paceNanos = paceNanos < 0 ? since : paceNanos + (since - paceNanos) / PACE_SHARE;
        movedNanos = now;
    }

    /// How long the last one waits at the pace of late; where that has become slower than it was,
    /// at the pace of this moment.
    synchronized @Nullable Duration expected() {
        if (turns.isEmpty()) {
            return null;
        }
        long pace = Math.max(paceNanos, clock.monotonicNanos() - movedNanos);
        return pace <= 0 ? null : Duration.ofNanos(pace * turns.size());
    }

    private static @Nullable Route found(Route route) {
        return route instanceof Route.AllBusy ? null : route;
    }

    private synchronized void remove(Turn turn) {
        turns.remove(turn);
        length = turns.size();
    }
}
