package mooring.limits.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
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
import mooring.testing.Await;
import mooring.testing.TestRedis;
import mooring.time.Clock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisAwayTest {

    private static final Vertx VERTX = Vertx.vertx();

    @AfterAll
    static void close() {
        VERTX.close().toCompletionStage().toCompletableFuture().join();
    }

    @ParameterizedTest
    @ValueSource(longs = {3, 90, 600})
    void withoutRedisEachNodeGoesOnWithItsPartAndNeverMore(long limit) {
        try (TestRedis redis = new TestRedis();
                Cluster cluster = cluster(redis, 3, limit)) {
            Random random = new Random(limit);
            Accepted accepted = new Accepted();
            // Node 0 has almost all of the limit in use when Redis goes.
            run(cluster, random, accepted, limit, 60, 0);
            redis.kill();
            int before = accepted.size();
            run(cluster, random, accepted, limit, 300, 0, 1, 2);
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
            // Five minutes: a little over one passes before everybody has his own part.
            assertThat(accepted.size() - before).isGreaterThanOrEqualTo((int) (limit * 3));
            assertThat(Cluster.shared(cluster.nodes.get(0)).reachable()).isFalse();

            redis.startAnew();
            int away = accepted.size();
            run(cluster, random, accepted, limit, 300, 0, 1, 2);
            assertThat(Cluster.shared(cluster.nodes.get(0)).reachable()).isTrue();
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
            assertThat(accepted.size() - away).isGreaterThanOrEqualTo((int) (limit * 4));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 400})
    void g13ARedisThatComesBackEmptyForgetsNothingThatNodesRemember(long limit) {
        try (TestRedis redis = new TestRedis();
                Cluster cluster = cluster(redis, 3, limit)) {
            Random random = new Random(limit);
            Accepted accepted = new Accepted();
            for (int i = 0; i < 6; i++) {
                run(cluster, random, accepted, limit, 50, i % 3);
                redis.kill();
                redis.startAnew();
            }
            run(cluster, random, accepted, limit, 120, 0, 1, 2);
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
            assertThat(accepted.size()).isGreaterThanOrEqualTo((int) (limit * 5));
        }
    }

    @Test
    void neverReachedMeansNothingIsLetInForMoreThanAMinute() {
        TestRedis redis = new TestRedis();
        redis.kill();
        try (Cluster cluster = new Cluster(VERTX, redis.url(), 2, rpm(100), DayUse.NONE)) {
            cluster.pass(Duration.ofSeconds(30).toNanos(), 0, 1);
            assertThat(cluster.accepted(0, 1)).isFalse();
            assertThat(Cluster.shared(cluster.nodes.get(0)).met()).isFalse();
            cluster.pass(Duration.ofSeconds(60).toNanos(), 0, 1);
            int sum = 0;
            for (int i = 0; i < 200; i++) {
                sum += cluster.accepted(i % 2, 1) ? 1 : 0;
            }
            assertThat(sum).isEqualTo(100);
        }
    }

    @Test
    void threeNodesOfThreadsKeepToOneLimitWhileRedisDiesAndComesBack() throws Exception {
        long limit = 600;
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger accepted = new AtomicInteger();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        UUID organization = UUID.randomUUID();
        try (TestRedis redis = new TestRedis()) {
            List<Limiter> nodes =
                    IntStream.range(0, 3)
                            .mapToObj(i -> limiter(redis.url(), limit, "node-" + i))
                            .toList();
            nodes.forEach(node -> Cluster.shared(node).start());
            long begun = System.nanoTime();
            List<Thread> threads =
                    IntStream.range(0, 3)
                            .mapToObj(
                                    i ->
                                            Thread.ofPlatform()
                                                    .start(
                                                            () ->
                                                                    hammer(
                                                                            nodes.get(i),
                                                                            organization,
                                                                            over,
                                                                            accepted,
                                                                            failures)))
                            .toList();
            Await.until("half of it", Duration.ofSeconds(60), () -> accepted.get() >= limit / 2);
            redis.kill();
            Await.until(
                    "noticed",
                    Duration.ofSeconds(60),
                    () -> nodes.stream().noneMatch(node -> Cluster.shared(node).reachable()));
            redis.startAnew();
            Await.until("all of it", Duration.ofSeconds(60), () -> accepted.get() >= limit - 6);
            Await.until(
                    "shared again",
                    Duration.ofSeconds(60),
                    () -> nodes.stream().allMatch(node -> Cluster.shared(node).reachable()));
            int sum = accepted.get();
            long took = System.nanoTime() - begun;
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            nodes.forEach(node -> Cluster.shared(node).close());
            assertThat(failures).isEmpty();
            // On a machine so slow that a second minute has begun, as much again may be had.
            assertThat((long) sum)
                    .isLessThanOrEqualTo(limit * (1 + took / TimeUnit.SECONDS.toNanos(60)));
        }
    }

    private static void hammer(
            Limiter node,
            UUID organization,
            AtomicBoolean over,
            AtomicInteger accepted,
            List<Throwable> failures) {
        try {
            while (!over.get()) {
                LimitDecision decision =
                        node.admit(
                                new Limiter.Caller(
                                        new OrganizationId(organization),
                                        new ProjectId(new UUID(0, 2)),
                                        new KeyId(new UUID(0, 3)),
                                        new ModelId("acme-large"),
                                        LimitStanding.PLAIN),
                                Clock.system().now(),
                                1);
                while (decision instanceof LimitDecision.Waiting(var later)) {
                    decision = later.toCompletableFuture().get(30, TimeUnit.SECONDS);
                }
                if (decision instanceof LimitDecision.Granted) {
                    accepted.incrementAndGet();
                }
                LockSupport.parkNanos(2_000_000);
            }
        } catch (Exception e) {
            failures.add(e);
        }
    }

    /// Demand at twice the limit for some seconds, on these of the cluster's nodes; all of them
    /// exchange shares.
    private static void run(
            Cluster cluster,
            Random random,
            Accepted accepted,
            long limit,
            long seconds,
            int... asking) {
        long each = Duration.ofSeconds(30).toNanos() / limit;
        for (long i = 0; i < seconds * limit / 30; i++) {
            cluster.pass(each, 0, 1, 2);
            if (cluster.accepted(asking[random.nextInt(asking.length)], 1)) {
                accepted.add(cluster.clock.monotonicNanos(), 1);
            }
        }
    }

    private static Cluster cluster(TestRedis redis, int nodes, long limit) {
        Cluster cluster = new Cluster(VERTX, redis.url(), nodes, rpm(limit), DayUse.NONE);
        cluster.begin();
        return cluster;
    }

    private static Limiter limiter(String url, long limit, String name) {
        return new Limiter(
                new LimitTable(List.of(new LimitTier("all", 0, rpm(limit))), Map.of()),
                Clock.system(),
                DayUse.NONE,
                Runnable::run,
                new RedisShares(VERTX, url, name),
                3);
    }

    private static Limits rpm(long limit) {
        return new Limits(Limits.NONE, limit, Limits.NONE, Limits.NONE);
    }
}
