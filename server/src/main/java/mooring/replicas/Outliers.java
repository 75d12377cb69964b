package mooring.replicas;

import java.time.Duration;
import java.util.List;
import mooring.time.Clock;

/// Takes replicas that fail more than their siblings out of the choice for a while.
///
/// At most half of a model's replicas sit out for it at one time: when most fail, the fault is
/// seldom theirs, and the rest could not carry the work. A single replica never does.
public final class Outliers {

    /// Of this many replicas of a model, one may be ejected.
    static final int REPLICAS_PER_EJECTION = 2;

    /// A busy replica that names no time is left alone this long.
    static final Duration UNNAMED_COOLDOWN = Duration.ofSeconds(1);

    private final Replicas replicas;
    private final Clock clock;

    public Outliers(Replicas replicas, Clock clock) {
        this.replicas = replicas;
        this.clock = clock;
    }

    /// It brought an answer to its end.
    public void answered(Replica replica) {
        replica.standing().answered(clock.monotonicNanos());
    }

    /// It broke off, babbled, or could not be reached; true when it is ejected for that now.
    public boolean failed(Replica replica) {
        long now = clock.monotonicNanos();
        return replica.standing().failed(now) && eject(replica, now);
    }

    /// It said that it has enough to do.
    public void busy(Replica replica, Duration retryAfter) {
        replica.standing()
                .coolDown(
                        clock.monotonicNanos(),
                        retryAfter.isZero() ? UNNAMED_COOLDOWN : retryAfter);
    }

    /// One at a time, so that two that fail at one instant do not both count the other as in.
    private synchronized boolean eject(Replica replica, long now) {
        if (replica.standing().ejected(now)) {
            return false;
        }
        List<Replica> siblings = replicas.of(replica.model());
        long out = siblings.stream().filter(each -> each.standing().ejected(now)).count();
        if (out >= siblings.size() / REPLICAS_PER_EJECTION) {
            return false;
        }
        replica.standing().eject(now);
        return true;
    }
}
