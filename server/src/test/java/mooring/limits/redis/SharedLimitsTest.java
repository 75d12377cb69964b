package mooring.limits.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import mooring.limits.Accepted;
import mooring.limits.DayUse;
import mooring.limits.LimitDecision;
import mooring.limits.Limits;
import mooring.limits.Permit;
import mooring.testing.TestRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SharedLimitsTest {

    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    private static final Vertx VERTX = Vertx.vertx();
    private static final TestRedis REDIS = new TestRedis();

    @BeforeAll
    static void ready() {
        assertThat(REDIS.url()).startsWith("redis://");
    }

    @AfterAll
    static void close() {
        REDIS.close();
        VERTX.close().toCompletionStage().toCompletableFuture().join();
    }

    @ParameterizedTest
    @CsvSource({"1,100,1", "1,3000,2", "3,100,3", "3,500,4", "3,2001,5"})
    void almostTheWholeLimitAndNeverMoreOverAllNodesAtTwiceTheDemand(
            int nodes, long limit, long seed) {
        try (Cluster cluster = cluster(nodes, rpm(limit))) {
            Accepted accepted =
                    cluster.demand(new Random(seed), limit, 1, TEN_MINUTES, 2, all(nodes));
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(limit);
            assertThat(accepted.sum()).isGreaterThanOrEqualTo(limit * 10 * 99 / 100);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,99,2", "3,1,3", "3,3,4", "3,50,5", "3,99,6"})
    void limitsBelowAHundredAreExactOverAllNodes(int nodes, long limit, long seed) {
        try (Cluster cluster = cluster(nodes, rpm(limit))) {
            // Twice as often as the limit allows, evenly: each minute sees exactly the limit.
            Accepted accepted = new Accepted();
            Random random = new Random(seed);
            long each = Duration.ofSeconds(60).toNanos() / (2 * limit) + 1_000_000;
            for (long i = 0; i < 20 * limit; i++) {
                if (cluster.accepted(random.nextInt(nodes), 1)) {
                    accepted.add(cluster.clock.monotonicNanos(), 1);
                }
                cluster.pass(each, all(nodes));
            }
            assertThat(accepted.mostInAMinute()).isEqualTo(limit);
            assertThat(accepted.sum()).isEqualTo(limit * 10);
        }
    }

    @Test
    void g10ThreeNodesHaveOneCap() {
        try (Cluster cluster = cluster(3, rpm(300))) {
            int accepted = 0;
            for (int i = 0; i < 900; i++) {
                accepted += cluster.accepted(i % 3, 1) ? 1 : 0;
                cluster.pass(Duration.ofMillis(5).toNanos(), 0, 1, 2);
            }
            assertThat(accepted).isLessThanOrEqualTo(300).isGreaterThanOrEqualTo(297);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "3,2"})
    void g11TokensOfAMinuteAreOneCapOverAllNodes(int nodes, long seed) {
        try (Cluster cluster =
                cluster(nodes, new Limits(Limits.NONE, Limits.NONE, 60_000, Limits.NONE))) {
            Accepted accepted =
                    cluster.demand(new Random(seed), 60_000, 70, TEN_MINUTES, 2, all(nodes));
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(60_000);
            assertThat(accepted.sum()).isGreaterThanOrEqualTo(60_000 * 10 * 99 / 100);
        }
    }

    @Test
    void g12RequestsAndTokensAreBothHadInFullWhenBothAreLimited() {
        try (Cluster cluster = cluster(3, new Limits(Limits.NONE, 1_000, 70_000, Limits.NONE))) {
            Accepted accepted = cluster.demand(new Random(7), 70_000, 100, TEN_MINUTES, 2, 0, 1, 2);
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(70_000);
            assertThat(accepted.sum()).isGreaterThanOrEqualTo(70_000 * 10 * 99 / 100);
        }
    }

    @Test
    void aShareThatMovesBetweenNodesNeverLetsAMinuteSeeMore() {
        try (Cluster cluster = cluster(3, rpm(600))) {
            Random random = new Random(8);
            Accepted all = new Accepted();
            for (int turn = 0; turn < 12; turn++) {
                // All the demand comes to one node, then to another.
                int node = turn % 3;
                for (int i = 0; i < 1_000; i++) {
                    cluster.pass(random.nextLong(60_000_000L), 0, 1, 2);
                    if (cluster.accepted(node, 1)) {
                        all.add(cluster.clock.monotonicNanos(), 1);
                    }
                }
            }
            assertThat(all.mostInAMinute()).isLessThanOrEqualTo(600).isGreaterThanOrEqualTo(594);
        }
    }

    @Test
    void permitsOfADeadNodeAreFreeTenSecondsLater() {
        try (Cluster cluster = cluster(2, new Limits(5, Limits.NONE, Limits.NONE, Limits.NONE))) {
            for (int i = 0; i < 5; i++) {
                assertThat(cluster.accepted(0, 1)).isTrue();
            }
            cluster.pass(Cluster.TICK_NANOS, 0, 1);
            assertThat(cluster.accepted(1, 1)).isFalse();
            cluster.pass(Duration.ofSeconds(10).toNanos(), 1);
            for (int i = 0; i < 5; i++) {
                assertThat(cluster.accepted(1, 1)).isTrue();
            }
            assertThat(cluster.accepted(1, 1)).isFalse();
        }
    }

    @Test
    void whatADeadNodeUsedOfAMinuteCountsOnUntilThatHasPassed() {
        try (Cluster cluster = cluster(2, rpm(200))) {
            Accepted accepted = new Accepted();
            for (int i = 0; i < 150; i++) {
                assertThat(cluster.accepted(0, 1)).isTrue();
                accepted.add(cluster.clock.monotonicNanos(), 1);
                cluster.pass(1_000_000, 0, 1);
            }
            // The node dies without a word; its successor begins with empty windows.
            cluster.add(2);
            for (int i = 0; i < 1_200; i++) {
                cluster.pass(100_000_000, 1, 2);
                if (cluster.accepted(1 + i % 2, 1)) {
                    accepted.add(cluster.clock.monotonicNanos(), 1);
                }
            }
            assertThat(accepted.mostInAMinute()).isLessThanOrEqualTo(200);
            assertThat(accepted.sum()).isGreaterThan(300);
        }
    }

    @Test
    void oneNodesPermitThatEndsIsAtOnceAnothersToTake() {
        try (Cluster cluster = cluster(2, new Limits(1, Limits.NONE, Limits.NONE, Limits.NONE))) {
            Permit permit = ((LimitDecision.Granted) cluster.admit(0, 1)).permit();
            assertThat(cluster.accepted(1, 1)).isFalse();
            permit.release(1);
            // The node that has freed it tells so by itself, within some milliseconds.
            Cluster.shared(cluster.nodes.get(0)).exchange();
            cluster.pass(Cluster.TICK_NANOS, 1);
            assertThat(cluster.accepted(1, 1)).isTrue();
        }
    }

    @Test
    void tokensOfADayAreOneCapOverNodesAndRestarts() {
        DayUse books = (_, _, _, _) -> 400;
        try (Cluster cluster =
                new Cluster(
                        VERTX,
                        REDIS.url(),
                        2,
                        new Limits(Limits.NONE, Limits.NONE, Limits.NONE, 10_000),
                        books)) {
            cluster.begin();
            long sum = 0;
            for (int i = 0; i < 2_000; i++) {
                cluster.pass(20_000_000, 0, 1);
                sum += cluster.accepted(i % 2, 10) ? 10 : 0;
            }
            // 400 were in the books when these nodes began to count, one request of each included.
            assertThat(sum).isLessThanOrEqualTo(9_620).isGreaterThanOrEqualTo(9_500);
        }
    }

    private static Cluster cluster(int nodes, Limits limits) {
        Cluster cluster = new Cluster(VERTX, REDIS.url(), nodes, limits, DayUse.NONE);
        cluster.begin();
        return cluster;
    }

    private static int[] all(int nodes) {
        return IntStream.range(0, nodes).toArray();
    }

    private static Limits rpm(long limit) {
        return new Limits(Limits.NONE, limit, Limits.NONE, Limits.NONE);
    }
}
