package mooring.limits;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// This node among those that share limits: exchanges shares with them four times a second, on one
/// virtual thread, and knows how things stand when that fails.
public final class SharedLimits implements AutoCloseable {

    /// A node without the store uses its shares for this long; the store keeps them for longer.
    static final long TRUSTED_NANOS = 6_000_000_000L;

    /// After this long without it no window anywhere holds more than a node's own part.
    static final long FAIR_NANOS = TRUSTED_NANOS + Window.SPAN_NANOS + 3_000_000_000L;

    /// When something was freed that others may wait for.
    private static final long SOON_NANOS = 20_000_000L;

    /// In one exchange; what is beyond waits for the next one.
    private static final int MAX_CLAIMS = 4_000;

    private static final Logger LOG = LoggerFactory.getLogger(SharedLimits.class);

    enum Standing {
        /// Shares are what the store gave.
        TOGETHER,
        /// The store is away: the last share, but no more than the own part of the limit.
        ALONE,
        /// The store has been away for so long that everybody may use his own part.
        ALONE_FOR_LONG
    }

    private final ShareStore store;
    private final Clock clock;
    private final ConcurrentMap<Subject, Counter> counters;
    private final DayUse dayUse;
    private final Executor blocking;
    private CompletableFuture<Void> next = new CompletableFuture<>();
    private volatile @Nullable Thread thread;
    private volatile boolean closing;
    private volatile boolean hurry;
    private volatile long soonNanos;
    private volatile boolean soon;
    private volatile boolean met;
    private volatile boolean reachable = true;
    private volatile long contactNanos;
    private volatile int known;
    private volatile int rank;
    private volatile String claimedMemory = "";

    SharedLimits(
            ShareStore store,
            Clock clock,
            ConcurrentMap<Subject, Counter> counters,
            DayUse dayUse,
            Executor blocking,
            int nodes) {
        this.store = store;
        this.clock = clock;
        this.counters = counters;
        this.dayUse = dayUse;
        this.blocking = blocking;
        this.known = Math.max(1, nodes);
        this.rank = known - 1;
        this.contactNanos = clock.monotonicNanos();
    }

    /// Exchanges in the background from now on.
    public void start() {
        thread = Thread.ofVirtual().name("limit-shares").start(this::run);
    }

    private void run() {
        while (!closing) {
            long begun = clock.monotonicNanos();
            exchange();
            long due = begun + Share.TICK_NANOS;
            while (!closing && !(hurry && reachable)) {
                long now = clock.monotonicNanos();
                long until = soon ? Math.min(due - now, soonNanos - now) : due - now;
                if (until <= 0) {
                    break;
                }
                LockSupport.parkNanos(this, until);
            }
        }
    }

    /// One exchange, now; false when the store could not be reached. For one thread at a time.
    public boolean exchange() {
        hurry = false;
        soon = false;
        CompletableFuture<Void> waiting;
        synchronized (this) {
            waiting = next;
            next = new CompletableFuture<>();
        }
        try {
            exchangeNow();
            if (!reachable) {
                LOG.info("limits: shares are exchanged again, {} nodes", known);
            }
            reachable = true;
            return true;
        } catch (RuntimeException | Error e) {
            // Errors too: this thread is the only one that exchanges, and requests wait for it.
            if (reachable) {
                LOG.warn("limits: shares cannot be exchanged: {}", e.toString());
            }
            reachable = false;
            return false;
        } finally {
            waiting.complete(null);
        }
    }

    private record Asked(Counter counter, Share share, int version, ShareClaim claim) {}

    private void exchangeNow() {
        long sent = clock.monotonicNanos();
        Standing before = standing(sent);
        ShareStore.Meeting meeting = store.meet(known, claimedMemory);
        known = Math.max(1, meeting.nodes());
        rank = meeting.rank();
        if (before != Standing.TOGETHER) {
            counters.values().forEach(counter -> counter.back(clock.monotonicNanos()));
            contactNanos = sent;
        }
        boolean all = !meeting.memory().equals(claimedMemory);
        List<Asked> asked = new ArrayList<>();
        Instant now = clock.now();
        for (Counter counter : counters.values()) {
            if (asked.size() >= MAX_CLAIMS && !all) {
                hurry = true;
                break;
            }
            counter.claim(
                    clock.monotonicNanos(),
                    now,
                    all,
                    (share, claim) -> asked.add(new Asked(counter, share, share.version(), claim)));
        }
        List<ShareGrant> grants =
                store.exchange(meeting, asked.stream().map(Asked::claim).toList());
        long answered = clock.monotonicNanos();
        for (int i = 0; i < grants.size(); i++) {
            Asked each = asked.get(i);
            ShareGrant grant = grants.get(i);
            each.counter().granted(each.share(), each.claim(), grant, each.version(), answered);
            if (grant.wantsEarlier() && each.claim().earlier() == null) {
                each.counter().askEarlier(each.share(), dayUse, blocking, now);
            }
        }
        claimedMemory = meeting.memory();
        contactNanos = sent;
        met = true;
    }

    Standing standing(long nanos) {
        long silent = nanos - contactNanos;
        if (silent < TRUSTED_NANOS) {
            return Standing.TOGETHER;
        }
        return silent < FAIR_NANOS ? Standing.ALONE : Standing.ALONE_FOR_LONG;
    }

    /// How many nodes there are, as last heard.
    public int known() {
        return known;
    }

    /// This node's own part of a limit; over all nodes the parts make up the limit.
    long part(long limit) {
        int nodes = known;
        return limit / nodes + (rank < limit % nodes ? 1 : 0);
    }

    /// Whether the last exchange reached the store.
    public boolean reachable() {
        return reachable;
    }

    /// Whether the store was reached ever since the start.
    public boolean met() {
        return met;
    }

    /// Ends with the next exchange that begins after this call, whether it reaches the store or
    /// not; null when nobody can be reached and waiting is of no use.
    @Nullable CompletableFuture<Void> ask() {
        if (!reachable || closing) {
            return null;
        }
        CompletableFuture<Void> answer;
        synchronized (this) {
            answer = next;
        }
        hurry = true;
        LockSupport.unpark(thread);
        return answer;
    }

    /// Lets others have what was freed here, within some milliseconds.
    void soon() {
        if (!soon) {
            soonNanos = clock.monotonicNanos() + SOON_NANOS;
            soon = true;
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void close() {
        closing = true;
        Thread running = thread;
        LockSupport.unpark(running);
        if (running != null) {
            try {
                running.join(Duration.ofSeconds(3));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        synchronized (this) {
            next.complete(null);
        }
        store.close();
    }
}
