package mooring.app;

import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.Executor;
import mooring.admin.ReadinessCheck;
import mooring.config.Settings;
import mooring.ledger.Nodes;
import mooring.limits.LimitTable;
import mooring.limits.Limiter;
import mooring.limits.SharedLimits;
import mooring.limits.redis.RedisShares;
import mooring.telemetry.Metrics;
import mooring.time.Clock;

/// The limits of one node, or of one among several that share them.
final class NodeLimits {

    private NodeLimits() {}

    static Limiter limiter(
            Settings settings,
            Vertx vertx,
            LimitTable table,
            Store store,
            Clock clock,
            Executor blocking,
            Closer closer) {
        String redis = settings.redisUrl();
        if (redis == null) {
            return new Limiter(table, clock, store.dayUse, blocking);
        }
        long known =
                store.nodes.list().stream()
                        .filter(node -> node.state() == Nodes.State.ALIVE)
                        .count();
        Limiter limiter =
                new Limiter(
                        table,
                        clock,
                        store.dayUse,
                        blocking,
                        new RedisShares(vertx, redis, store.node.node() + "." + store.node.epoch()),
                        (int) Math.max(1, known));
        SharedLimits shared = limiter.nodes();
        if (shared != null) {
            shared.exchange();
            shared.start();
            closer.add(shared::close);
        }
        return limiter;
    }

    /// A node that never reached the store must not serve: it may not let anything in. One that has
    /// lost it goes on with its part.
    static List<ReadinessCheck> readiness(Limiter limiter) {
        SharedLimits shared = limiter.nodes();
        return shared == null
                ? List.of()
                : List.of(
                        ReadinessCheck.of(
                                "limits",
                                () -> {
                                    if (shared.reachable()) {
                                        return ReadinessCheck.PASSED;
                                    }
                                    return shared.met()
                                            ? new ReadinessCheck.Result.Noted(
                                                    "redis does not answer: limits are this"
                                                            + " node's part, one of "
                                                            + shared.known())
                                            : new ReadinessCheck.Result.Failed(
                                                    "redis was not reached yet, and without it"
                                                            + " nothing that is limited is let"
                                                            + " in");
                                }));
    }

    static void watch(Metrics metrics, Limiter limiter) {
        SharedLimits shared = limiter.nodes();
        if (shared != null) {
            metrics.watch(
                    "mooring.limits.store.up",
                    "1 while shares of limits are exchanged with other nodes, else 0.",
                    () -> shared.reachable() ? 1 : 0);
            metrics.watch(
                    "mooring.limits.nodes",
                    "Nodes that share limits, as last heard.",
                    shared::known);
        }
    }
}
