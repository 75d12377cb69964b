package mooring.limits.redis;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import mooring.json.Json;
import mooring.limits.Accepted;
import mooring.limits.DayUse;
import mooring.limits.Limits;
import mooring.testing.TestRedis;

/// Minutes of simulated time at twice the demand, for one and three nodes and limits of all sizes:
/// says in one line of JSON what was let through.
///
/// Arguments: `MINUTES SEED`.
final class LimitsRun {

    private static final int[] NODES = {1, 3};
    private static final long[] REQUESTS = {1, 3, 50, 99, 100, 500, 2_001, 5_000};
    private static final long TOKENS = 60_000;
    private static final long TOKENS_EACH = 70;

    private LimitsRun() {}

    public static void main(String[] arguments) {
        Duration time = Duration.ofMinutes(Long.parseLong(arguments[0]));
        long seed = Long.parseLong(arguments[1]);
        ArrayNode found = Json.MAPPER.createArrayNode();
        Vertx vertx = Vertx.vertx();
        try (TestRedis redis = new TestRedis()) {
            for (int nodes : NODES) {
                for (long limit : REQUESTS) {
                    Limits limits = new Limits(Limits.NONE, limit, Limits.NONE, Limits.NONE);
                    found.add(run(vertx, redis, nodes, "requests", limits, limit, 1, time, seed++));
                }
                Limits limits = new Limits(Limits.NONE, Limits.NONE, TOKENS, Limits.NONE);
                found.add(
                        run(
                                vertx,
                                redis,
                                nodes,
                                "tokens",
                                limits,
                                TOKENS,
                                TOKENS_EACH,
                                time,
                                seed++));
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
        System.out.println(found);
    }

    private static ObjectNode run(
            Vertx vertx,
            TestRedis redis,
            int nodes,
            String what,
            Limits limits,
            long limit,
            long amount,
            Duration time,
            long seed) {
        int[] alive = IntStream.range(0, nodes).toArray();
        Random random = new Random(seed);
        try (Cluster cluster = new Cluster(vertx, redis.url(), nodes, limits, DayUse.NONE)) {
            cluster.begin();
            Accepted accepted =
                    limit < 100
                            ? evenly(cluster, random, limit, time, alive)
                            : cluster.demand(random, limit, amount, time, 2, alive);
            ObjectNode one = Json.MAPPER.createObjectNode();
            one.put("nodes", nodes);
            one.put("what", what);
            one.put("limit", limit);
            one.put("most", accepted.mostInAMinute());
            one.put("accepted", accepted.sum());
            one.put("allowed", limit * time.toMinutes());
            return one;
        }
    }

    /// Twice as often as the limit allows, at even times, so that each minute could have all of it.
    private static Accepted evenly(
            Cluster cluster, Random random, long limit, Duration time, int... alive) {
        Accepted accepted = new Accepted();
        long each = Duration.ofMinutes(1).toNanos() / (2 * limit) + 1_000_000;
        for (long i = 0; i < 2 * limit * time.toMinutes(); i++) {
            if (cluster.accepted(alive[random.nextInt(alive.length)], 1)) {
                accepted.add(cluster.clock.monotonicNanos(), 1);
            }
            cluster.pass(each, alive);
        }
        return accepted;
    }
}
