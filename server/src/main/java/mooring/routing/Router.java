package mooring.routing;

import java.util.Set;
import mooring.inference.ModelId;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// Chooses the replica with the least work for its size, of those that do not sit out; when all do,
/// the choice is among them. One that came back lately counts as a small one. Load is booked with
/// the choice, on every way, so that two requests at one instant do not meet on the same replica.
public final class Router {

    /// Requests that may wait at a replica for each one that it runs.
    private static final int WAITING_PER_SLOT = 8;

    private final Replicas replicas;
    private final Clock clock;

    public Router(Replicas replicas, Clock clock) {
        this.replicas = replicas;
        this.clock = clock;
    }

    /// @param tried replicas that failed this request before; taken again only when no other is
    public Route choose(ModelId model, Set<Replica> tried) {
        long now = clock.monotonicNanos();
        Replica best = null;
        boolean anyReady = false;
        for (Replica replica : replicas.of(model)) {
            if (!replica.ready()) {
                continue;
            }
            anyReady = true;
            if (!full(replica) && better(replica, best, tried, now)) {
                best = replica;
            }
        }
        if (best != null) {
            return new Route.Chosen(best.book());
        }
        return anyReady ? new Route.AllBusy() : new Route.NoneReady();
    }

    private static boolean full(Replica replica) {
        long most = (long) replica.spec().slots() * (1 + WAITING_PER_SLOT);
        return replica.inFlight() >= most;
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
