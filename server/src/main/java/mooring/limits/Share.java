package mooring.limits;

import java.util.List;
import mooring.problem.LimitKind;
import mooring.time.Period;
import org.jspecify.annotations.Nullable;

/// This node's part of one limit of one subject. Under its counter's lock.
///
/// What the store has down for this node is never less than what the node may use: a share is
/// lowered here before the store is told, and raised only once the store has answered.
final class Share {

    /// Below this limit a node holds nothing ahead: each use is asked for.
    static final long EXACT_BELOW = 100;

    /// How often shares are exchanged.
    static final long TICK_NANOS = 250_000_000L;

    /// A share that nobody asks of is claimed again within this time.
    private static final long REFRESH_NANOS = 1_250_000_000L;

    /// What is held ahead covers this many ticks.
    private static final int AHEAD_TICKS = 4;

    private static final int TICKS_OF_A_MINUTE = 240;

    /// How much the newest tick counts in what is expected of the next ones.
    private static final double NEWEST = 0.3;

    enum Room {
        YES,
        /// The store may have some.
        ASK,
        NO
    }

    private final LimitKind kind;
    private long limit = Limits.NONE;
    private @Nullable Period day;

    /// What may be used in all; where single uses are counted, what is still to be used.
    private long held;

    private long target = Long.MAX_VALUE;
    private long asked;
    private double askedPerTick;
    private long need;
    private boolean touched;
    private boolean contended;
    private boolean empty = true;
    private long claimedNanos;
    private long closedUntilNanos;
    private boolean closed;
    private long othersUsed;
    private long free;
    private long lastTotal;
    private @Nullable Long earlier;

    /// Changes when an answer that is on its way no longer fits.
    private int version;

    Share(LimitKind kind) {
        this.kind = kind;
    }

    /// Whether `amount` more may be used here.
    Room room(SharedLimits nodes, long limitNow, long used, long amount, long nanos) {
        become(limitNow);
        if (limit == Limits.NONE) {
            return Room.YES;
        }
        touched = true;
        asked += amount;
        if (used > limit - amount) {
            return Room.NO;
        }
        return switch (nodes.standing(nanos)) {
            case TOGETHER -> {
                if (fits(used, amount)) {
                    yield Room.YES;
                }
                if (closed && nanos - closedUntilNanos < 0) {
                    yield Room.NO;
                }
                need += amount;
                yield Room.ASK;
            }
            case ALONE -> alone(Math.min(lastTotal(), fair(nodes)), used, amount);
            case ALONE_FOR_LONG -> alone(fair(nodes), used, amount);
        };
    }

    private static Room alone(long most, long used, long amount) {
        return used <= most - amount ? Room.YES : Room.NO;
    }

    /// What each node may use without the store: its own part of the limit, and of a day what it
    /// holds and its part of what was free.
    private long fair(SharedLimits nodes) {
        return kind == LimitKind.TPD && lastTotal > 0
                ? lastTotal + free / nodes.known()
                : nodes.part(limit);
    }

    private long lastTotal() {
        return kind == LimitKind.TPD ? Long.MAX_VALUE : lastTotal;
    }

    private boolean fits(long used, long amount) {
        return single() ? held >= amount : used <= Math.min(held, target) - amount;
    }

    /// Whether the store counts single uses and when they leave.
    private boolean single() {
        return exact() && (kind == LimitKind.RPM || kind == LimitKind.TPM);
    }

    boolean exact() {
        return limit < EXACT_BELOW;
    }

    LimitKind kind() {
        return kind;
    }

    /// What a request takes of this kind.
    long amount(Ask ask) {
        return kind == LimitKind.TPM || kind == LimitKind.TPD ? ask.tokens() : 1;
    }

    /// A use that [#room] had room for.
    void took(long amount) {
        if (single()) {
            held = Math.max(0, held - amount);
        }
    }

    /// A use that is taken back at once: what was granted for it can serve the next one.
    void retract(long amount) {
        if (single()) {
            held += amount;
        }
    }

    /// Something was freed here that others may wait for.
    void freed() {
        touched = true;
    }

    private void become(long limitNow) {
        if (limitNow != limit) {
            boolean before = single();
            limit = limitNow;
            if (before != single()) {
                held = 0;
                version++;
            }
        }
    }

    /// Of a new day nothing is held yet.
    void enter(Period today) {
        if (!today.equals(day)) {
            day = today;
            held = 0;
            lastTotal = 0;
            free = 0;
            othersUsed = 0;
            earlier = null;
            closed = false;
            version++;
        }
    }

    /// The store is back: until it has answered, nothing but what is used already counts.
    void back(long used) {
        held = single() ? 0 : used;
        target = Long.MAX_VALUE;
        closed = false;
        touched = true;
        version++;
    }

    boolean due(long nanos, boolean all) {
        if (limit == Limits.NONE) {
            return false;
        }
        return all || touched || (!empty && (contended || nanos - claimedNanos >= REFRESH_NANOS));
    }

    /// What is held and neither used nor claimed by a waiter goes back with this claim.
    ShareClaim claim(
            Subject subject, long used, List<Long> leaveMillis, long nanos, long dayEndsMillis) {
        long ticks = Math.max(1, (nanos - claimedNanos) / TICK_NANOS);
        if (nanos != claimedNanos) {
            askedPerTick += ((double) asked / ticks - askedPerTick) * NEWEST;
            asked = 0;
        }
        claimedNanos = nanos;
        long wanted = wanted(used);
        held =
                single()
                        ? Math.min(held, need)
                        : Math.max(used, Math.min(held, Math.min(target, wanted)));
        touched = false;
        empty = held == 0 && leaveMillis.isEmpty() && need == 0;
        need = 0;
        Period counted = kind == LimitKind.TPD ? day : null;
        return new ShareClaim(
                subject,
                kind,
                limit,
                held,
                single() ? leaveMillis : List.of(),
                exact(),
                used,
                wanted,
                counted == null ? 0 : counted.from().getEpochSecond(),
                dayEndsMillis,
                earlier);
    }

    private long wanted(long used) {
        if (exact()) {
            return used + need;
        }
        double ahead = askedPerTick < 0.01 ? 0 : Math.ceil(askedPerTick * AHEAD_TICKS);
        boolean ofAMinute = kind == LimitKind.RPM || kind == LimitKind.TPM;
        long minute = ofAMinute ? (long) (askedPerTick * TICKS_OF_A_MINUTE) : 0;
        long expected = Math.max(used + (long) ahead, minute);
        return Math.min(limit, Math.min(limit, expected) + need);
    }

    /// The store's answer to a claim.
    void granted(ShareClaim claim, ShareGrant grant, int claimVersion, long nanos) {
        if (claimVersion != version) {
            touched = true;
            return;
        }
        held += grant.granted();
        target = claim.exact() ? Long.MAX_VALUE : grant.target();
        othersUsed = grant.othersUsed();
        free = grant.free();
        lastTotal = claim.held() + claim.leaveMillis().size() + grant.granted();
        contended = target < claim.wanted();
        boolean shortOf =
                claim.held() + claim.leaveMillis().size() + grant.granted() < claim.wanted();
        closed = shortOf;
        if (shortOf) {
            long pause = TICK_NANOS;
            if (claim.exact() && grant.freesMillis() >= 0) {
                pause = Math.min(pause, grant.freesMillis() * 1_000_000L);
            }
            closedUntilNanos = nanos + pause;
        }
    }

    void earlier(Period of, long tokens) {
        if (of.equals(day)) {
            earlier = tokens;
            touched = true;
        }
    }

    int version() {
        return version;
    }

    /// What other nodes use, as last heard.
    long othersUsed() {
        return othersUsed;
    }

    /// Whether the store has nothing down for this node.
    boolean unclaimed() {
        return empty && !touched && held == 0;
    }
}
