package mooring.limits;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import mooring.limits.Allowance.Room;
import org.jspecify.annotations.Nullable;

/// A running request's place in every limit that applies to it. It ends once, by [#release] or
/// [#undo]; a second end changes nothing.
public final class Permit {

    /// At most: organization, project, key, model.
    private static final int MAX_PLACES = 4;

    private final long tokens;
    private final Counter[] counters = new Counter[MAX_PLACES];
    private final Counter.Taken[] taken = new Counter.Taken[MAX_PLACES];
    private final AtomicBoolean ended = new AtomicBoolean();
    private int places;
    private boolean lacksShare;
    private long requestsLimit;
    private long requestsLeft = Limits.NONE;
    private long requestsResetNanos;
    private long tokensLimit;
    private long tokensLeft = Limits.NONE;
    private long tokensResetNanos;

    Permit(long tokens) {
        this.tokens = tokens;
    }

    /// Of a request that no limit applies to.
    public static Permit unlimited() {
        return new Permit(0);
    }

    /// The request has ended, whatever became of it.
    ///
    /// @param usedTokens of prompt and answer; what was asked for beyond them is free again
    public void release(long usedTokens) {
        if (ended.compareAndSet(false, true)) {
            long unused = Math.clamp(tokens - usedTokens, 0, tokens);
            for (int i = places - 1; i >= 0; i--) {
                counters[i].end(taken[i], unused);
            }
        }
    }

    /// The request did not run after all, and counts nowhere.
    public void undo() {
        if (ended.compareAndSet(false, true)) {
            for (int i = places - 1; i >= 0; i--) {
                counters[i].undo(taken[i], tokens);
            }
        }
    }

    /// One limit has no room: nothing was taken. Called before anybody else has the permit.
    void retract() {
        for (int i = places - 1; i >= 0; i--) {
            counters[i].retract(taken[i], tokens);
        }
    }

    /// Other nodes may give what this one has no room for.
    void lacksShare() {
        lacksShare = true;
    }

    void lacksNothing() {
        lacksShare = false;
    }

    boolean isShortOfShare() {
        return lacksShare;
    }

    /// What the caller is told: the tightest limits as they stood once this request had its place.
    public Allowance allowance() {
        return requestsLeft == Limits.NONE && tokensLeft == Limits.NONE
                ? Allowance.UNLIMITED
                : new Allowance(
                        room(requestsLimit, requestsLeft, requestsResetNanos),
                        room(tokensLimit, tokensLeft, tokensResetNanos));
    }

    private static @Nullable Room room(long limit, long left, long resetNanos) {
        return left == Limits.NONE
                ? null
                : new Room(limit, Math.max(0, left), Duration.ofNanos(resetNanos));
    }

    int places() {
        return places;
    }

    void took(Counter counter, Counter.Taken what) {
        counters[places] = counter;
        taken[places] = what;
        places++;
    }

    void requestsLeft(long limit, long left, long resetNanos) {
        if (left < requestsLeft) {
            requestsLimit = limit;
            requestsLeft = left;
            requestsResetNanos = resetNanos;
        }
    }

    void tokensLeft(long limit, long left, long resetNanos) {
        if (left < tokensLeft) {
            tokensLimit = limit;
            tokensLeft = left;
            tokensResetNanos = resetNanos;
        }
    }
}
