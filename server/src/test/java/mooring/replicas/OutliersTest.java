package mooring.replicas;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import mooring.testing.StepClock;
import org.junit.jupiter.api.Test;

class OutliersTest {

    private final StepClock clock = new StepClock();

    @Test
    void aReplicaSitsOutAfterFiveFailuresInARowAndNotBefore() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica bad = replicas.all().getFirst();

        for (int i = 0; i < 4; i++) {
            assertThat(outliers.failed(bad)).isFalse();
        }
        outliers.answered(bad);
        for (int i = 0; i < 4; i++) {
            assertThat(outliers.failed(bad)).isFalse();
        }
        assertThat(outliers.failed(bad)).isTrue();

        assertThat(bad.standing().sitsOut(clock.monotonicNanos())).isTrue();
    }

    @Test
    void aReplicaThatFailsEverySecondRequestSitsOutThoughNeverTwiceInARow() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica bad = replicas.all().getFirst();
        boolean ejected = false;

        for (int i = 0; i < 10; i++) {
            outliers.answered(bad);
            ejected |= outliers.failed(bad);
        }

        assertThat(ejected).isTrue();
    }

    @Test
    void oldFailuresDoNotCount() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica fair = replicas.all().getFirst();

        for (int i = 0; i < 100; i++) {
            outliers.answered(fair);
            assertThat(outliers.failed(fair)).isFalse();
            // Never twenty in one window.
            clock.pass(Duration.ofSeconds(2));
        }
    }

    @Test
    void atMostHalfOfAModelsReplicasSitOut() {
        for (int count = 1; count <= 5; count++) {
            Replicas replicas = SomeReplicas.ready(count, clock);
            Outliers outliers = new Outliers(replicas, clock);
            for (int i = 0; i < 20; i++) {
                replicas.all().forEach(outliers::failed);
            }
            assertThat(out(replicas)).as("of %s", count).hasSize(count / 2);
        }
    }

    @Test
    void itComesBackAfterFiveSecondsAndStaysOutTwiceAsLongTheNextTime() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica bad = replicas.all().getFirst();

        eject(outliers, bad);
        clock.pass(Duration.ofMillis(4_999));
        assertThat(out(replicas)).hasSize(1);
        clock.pass(Duration.ofMillis(1));
        assertThat(out(replicas)).isEmpty();

        eject(outliers, bad);
        clock.pass(Duration.ofMillis(9_999));
        assertThat(out(replicas)).hasSize(1);
        clock.pass(Duration.ofMillis(1));
        assertThat(out(replicas)).isEmpty();
    }

    @Test
    void itsPastIsForgottenOnceItAnsweredWellForAMinute() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica once = replicas.all().getFirst();
        eject(outliers, once);

        clock.pass(Duration.ofSeconds(66));
        outliers.answered(once);
        eject(outliers, once);
        clock.pass(Duration.ofSeconds(5));

        assertThat(out(replicas)).isEmpty();
    }

    @Test
    void itComesBackWithATenthOfItsWorkAndGrowsToAllOfIt() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica bad = replicas.all().getFirst();
        eject(outliers, bad);

        clock.pass(Duration.ofSeconds(5));
        assertThat(bad.standing().share(clock.monotonicNanos())).isEqualTo(0.1);
        clock.pass(Duration.ofSeconds(10));
        assertThat(bad.standing().share(clock.monotonicNanos())).isEqualTo(0.5);
        clock.pass(Duration.ofSeconds(10));
        assertThat(bad.standing().share(clock.monotonicNanos())).isEqualTo(1);
    }

    @Test
    void aReplicaThatWasDownComesBackSlowlyToo() {
        Replica replica = SomeReplicas.ready(1, clock).all().getFirst();
        assertThat(replica.standing().share(clock.monotonicNanos())).isEqualTo(1);

        replica.update(new Replica.State.Down("gone"));
        replica.update(new Replica.State.Ready());

        assertThat(replica.standing().share(clock.monotonicNanos())).isEqualTo(0.1);
    }

    @Test
    void g28OfTwoRetryAftersTheLaterEndCounts() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);
        Replica busy = replicas.all().getFirst();

        outliers.busy(busy, Duration.ofSeconds(30));
        outliers.busy(busy, Duration.ofSeconds(2));
        clock.pass(Duration.ofMillis(29_999));
        assertThat(out(replicas)).containsExactly(busy);
        clock.pass(Duration.ofMillis(1));

        assertThat(out(replicas)).isEmpty();
    }

    @Test
    void noEnginesWordKeepsItOutForMoreThanFiveMinutes() {
        Replicas replicas = SomeReplicas.ready(2, clock);
        Outliers outliers = new Outliers(replicas, clock);

        outliers.busy(replicas.all().getFirst(), Duration.ofDays(9));
        clock.pass(Duration.ofMinutes(5));

        assertThat(out(replicas)).isEmpty();
    }

    private static void eject(Outliers outliers, Replica replica) {
        for (int i = 0; i < 5; i++) {
            outliers.failed(replica);
        }
    }

    private List<Replica> out(Replicas replicas) {
        return replicas.all().stream()
                .filter(each -> each.standing().sitsOut(clock.monotonicNanos()))
                .toList();
    }
}
