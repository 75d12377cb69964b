package mooring.limits.redis;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import mooring.ids.KeyId;
import mooring.ids.OrganizationId;
import mooring.ids.ProjectId;
import mooring.inference.ModelId;
import mooring.limits.Accepted;
import mooring.limits.DayUse;
import mooring.limits.LimitDecision;
import mooring.limits.LimitStanding;
import mooring.limits.LimitTable;
import mooring.limits.LimitTier;
import mooring.limits.Limiter;
import mooring.limits.Limits;
import mooring.limits.SharedLimits;
import mooring.limits.SteppedClock;
import org.jspecify.annotations.Nullable;

/// Some nodes that share limits through one Redis, all in one thread and by one clock that a test
/// moves.
final class Cluster implements AutoCloseable {

    static final long TICK_NANOS = Duration.ofMillis(250).toNanos();

    final SteppedClock clock = new SteppedClock("2026-03-31T20:00:00Z");
    final List<Limiter> nodes = new ArrayList<>();
    private final List<Long> due = new ArrayList<>();
    private final Vertx vertx;
    private final String url;
    private final String prefix;
    private final LimitTable table;
    private final DayUse dayUse;
    private final LimitStanding standing;
    private final UUID organization = UUID.randomUUID();

    Cluster(Vertx vertx, String url, int size, Limits limits, DayUse dayUse) {
        this.vertx = vertx;
        this.url = url;
        this.prefix = UUID.randomUUID().toString();
        this.table = new LimitTable(List.of(new LimitTier("all", 0, limits)), Map.of());
        this.dayUse = dayUse;
        this.standing = LimitStanding.PLAIN;
        for (int i = 0; i < size; i++) {
            add(size);
        }
    }

    /// One more node, as a start or a restart brings it.
    Limiter add(int known) {
        String name = prefix + "-" + nodes.size();
        Limiter node =
                new Limiter(
                        table,
                        clock,
                        dayUse,
                        Runnable::run,
                        new RedisShares(vertx, url, name, clock::now),
                        known);
        due.add(clock.monotonicNanos() + TICK_NANOS * nodes.size() / 3);
        nodes.add(node);
        return node;
    }

    /// Meets Redis twice, after which shares flow.
    void begin() {
        for (int i = 0; i < 2; i++) {
            nodes.forEach(node -> shared(node).exchange());
        }
    }

    /// Moves the clock, and lets each of the nodes exchange shares when its time has come.
    void pass(long nanos, int... alive) {
        long end = clock.monotonicNanos() + nanos;
        while (true) {
            long next = end;
            int turn = -1;
            for (int node : alive) {
                if (due.get(node) < next) {
                    next = due.get(node);
                    turn = node;
                }
            }
            clock.pass(Duration.ofNanos(Math.max(0, next - clock.monotonicNanos())));
            if (turn < 0) {
                return;
            }
            due.set(turn, next + TICK_NANOS);
            shared(nodes.get(turn)).exchange();
        }
    }

    LimitDecision admit(int node, long tokens) {
        LimitDecision decision =
                nodes.get(node)
                        .admit(
                                new Limiter.Caller(
                                        new OrganizationId(organization),
                                        new ProjectId(new UUID(0, 2)),
                                        new KeyId(new UUID(0, 3)),
                                        new ModelId("acme-large"),
                                        standing),
                                clock.now(),
                                tokens);
        for (int i = 0; i < 6; i++) {
            if (!(decision instanceof LimitDecision.Waiting(var later))) {
                return decision;
            }
            shared(nodes.get(node)).exchange();
            decision = later.toCompletableFuture().join();
        }
        return decision;
    }

    boolean accepted(int node, long tokens) {
        return admit(node, tokens) instanceof LimitDecision.Granted;
    }

    /// Random arrivals at twice what a limit allows, on nodes of unequal weight.
    Accepted demand(
            Random random, long limit, long amount, Duration time, double factor, int... alive) {
        Accepted accepted = new Accepted();
        long mean = (long) (60e9 / (limit / (double) amount) / factor);
        long end = clock.monotonicNanos() + time.toNanos();
        while (true) {
            long step = random.nextLong(2 * mean + 1);
            if (clock.monotonicNanos() + step >= end) {
                pass(end - clock.monotonicNanos(), alive);
                return accepted;
            }
            pass(step, alive);
            int node = alive[random.nextInt(alive.length)];
            if (accepted(node, amount)) {
                accepted.add(clock.monotonicNanos(), amount);
            }
        }
    }

    static SharedLimits shared(Limiter node) {
        @Nullable SharedLimits shared = node.nodes();
        if (shared == null) {
            throw new IllegalStateException("the node shares nothing");
        }
        return shared;
    }

    @Override
    public void close() {
        nodes.forEach(node -> shared(node).close());
    }
}
