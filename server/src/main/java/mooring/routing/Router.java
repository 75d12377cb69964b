package mooring.routing;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import mooring.inference.ModelId;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Chooses the replica with the least work for its size, of those that do not sit out; when all do,
/// the choice is among them. One that came back lately counts as a small one. Load is booked with
/// the choice, on every way, so that two requests at one instant do not meet on the same replica.
///
/// A request with an [Affinity] goes where those like it went, unless that replica has clearly more
/// to do than the others. Where all are full, requests wait here, in a [Line] for each model.
///
/// Safe from any thread.
public final class Router {

    /// Of so many requests that a replica runs, one more is sent, so that it has the next at hand.
    private static final int SLOTS_PER_NEXT = 8;

    /// Requests that may wait for each one that the ready replicas run.
    private static final int WAITING_PER_SLOT = 8;

    /// The part of its slots that requests like one another may take of a replica whatever the
    /// others have to do, and how much more than its fair share they may take beyond.
    private static final double ALIKE_SHARE = 0.5;

    private static final double ALIKE_EXCESS = 1.25;

    private final Replicas replicas;
    private final Clock clock;
    private final Map<ModelId, Line> lines;

    public Router(Replicas replicas, Clock clock) {
        this.replicas = replicas;
        this.clock = clock;
        Map<ModelId, Line> perModel = new HashMap<>();
        for (Replica replica : replicas.all()) {
            Line line = perModel.computeIfAbsent(replica.model(), _ -> new Line(clock));
            replica.whenRoom(() -> line.serve(turn -> pick(turn.wish(), turn.tried())));
        }
        this.lines = Map.copyOf(perModel);
    }

    /// The route at this moment; nobody who waits is overtaken.
    ///
    /// @param tried replicas that failed this request before; taken again only when no other is
    public Route choose(Wish wish, Set<Replica> tried) {
        Line line = lines.get(wish.model());
        if (line != null && line.length() > 0) {
            return new Route.AllBusy();
        }
        return pick(wish, tried);
    }

    /// Waits for a route.
    ///
    /// @param told of the route, once, on any thread; of [Route.AllBusy] when it cannot even wait
    public Waiting await(Wish wish, Set<Replica> tried, Consumer<Route> told) {
        Line line = lines.get(wish.model());
        if (line == null) {
            told.accept(new Route.NoneReady());
            return () -> {};
        }
        Line.Turn turn =
                line.join(wish, tried, clock.monotonicNanos(), mostWaiting(wish.model()), told);
        // Who closed a booking since the choice may have seen nobody wait.
        line.serve(each -> pick(each.wish(), each.tried()));
        return turn;
    }

    /// How many wait now, of all models.
    public int waiting() {
        int waiting = 0;
        for (Line line : lines.values()) {
            waiting += line.length();
        }
        return waiting;
    }

    /// Who waits for a model now.
    public Crowd crowd(ModelId model) {
        Line line = lines.get(model);
        return line == null
                ? new Crowd(0, 0, null)
                : new Crowd(line.length(), mostWaiting(model), line.expected());
    }

    /// Any ready replica, for a question that takes no place of a request; null when none is ready.
    public Replica.@Nullable Booking any(ModelId model) {
        long now = clock.monotonicNanos();
        Replica best = null;
        for (Replica replica : replicas.of(model)) {
            if (replica.ready() && better(replica, best, Set.of(), now)) {
                best = replica;
            }
        }
        return best == null ? null : best.book();
    }

    private Route pick(Wish wish, Set<Replica> tried) {
        long now = clock.monotonicNanos();
        Replica best = null;
        boolean anyReady = false;
        for (Replica replica : replicas.of(wish.model())) {
            if (!replica.ready()) {
                continue;
            }
            anyReady = true;
            if (!full(replica) && better(replica, best, tried, now)) {
                best = replica;
            }
        }
        if (best == null) {
            return anyReady ? new Route.AllBusy() : new Route.NoneReady();
        }
        Replica home = wish.affinity() == null ? null : home(wish, wish.affinity(), tried, now);
        return new Route.Chosen((home == null ? best : home).book());
    }

    /// Where those like it go: the replica that pulls most and has room for it.
    private @Nullable Replica home(Wish wish, Affinity affinity, Set<Replica> tried, long now) {
        long work = 1;
        long slots = 0;
        for (Replica replica : replicas.of(wish.model())) {
            if (replica.ready()) {
                work += replica.inFlight();
                slots += replica.spec().slots();
            }
        }
        Replica home = null;
        for (Replica replica : replicas.of(wish.model())) {
            if (!replica.ready()
                    || full(replica)
                    || tried.contains(replica)
                    || replica.standing().sitsOut(now)) {
                continue;
            }
            double size = replica.spec().slots() * replica.standing().share(now);
            double most =
                    Math.max(
                            Math.ceil(ALIKE_SHARE * size),
                            Math.ceil(ALIKE_EXCESS * work * size / slots));
            if (replica.inFlight() + 1 <= most
                    && (home == null || affinity.pull(replica) > affinity.pull(home))) {
                home = replica;
            }
        }
        return home;
    }

    private long mostWaiting(ModelId model) {
        long slots = 0;
        for (Replica replica : replicas.of(model)) {
            slots += replica.ready() ? replica.spec().slots() : 0;
        }
        return slots * WAITING_PER_SLOT;
    }

    private static boolean full(Replica replica) {
        int slots = replica.spec().slots();
        return replica.inFlight() > slots + slots / SLOTS_PER_NEXT;
    }

    private static boolean better(
            Replica one, @Nullable Replica other, Set<Replica> tried, long now) {
        if (other == null) {
            return true;
        }
        if (tried.contains(one) != tried.contains(other)) {
            return tried.contains(other);
        }
        boolean sitsOut = one.standing().sitsOut(now);
        if (sitsOut != other.standing().sitsOut(now)) {
            return !sitsOut;
        }
        return load(one, now) < load(other, now);
    }

    /// Its work for its size, if it had this request too.
    private static double load(Replica replica, long now) {
        return (replica.inFlight() + 1) / (replica.spec().slots() * replica.standing().share(now));
    }
}
