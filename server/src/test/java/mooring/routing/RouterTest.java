package mooring.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import mooring.replicas.Outliers;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.replicas.SomeReplicas;
import mooring.testing.StepClock;
import org.junit.jupiter.api.Test;

class RouterTest {

    private static final Wish WISH = Wish.of(SomeReplicas.MODEL);

    private final StepClock clock = new StepClock();
    private final Replicas replicas = SomeReplicas.ready(2, clock);
    private final Router router = new Router(replicas, clock);
    private final Outliers outliers = new Outliers(replicas, clock);
    private final Replica first = replicas.all().getFirst();
    private final Replica second = replicas.all().getLast();

    @Test
    void workGoesInTurnToReplicasOfOneSize() {
        assertThat(List.of(next(), next(), next(), next()))
                .containsExactly(first, second, first, second);
    }

    @Test
    void g28ABusyReplicaIsLeftAloneForAsLongAsItAsked() {
        outliers.busy(first, Duration.ofSeconds(3));

        assertThat(List.of(next(), next(), next())).containsOnly(second);
        clock.pass(Duration.ofSeconds(3));
        assertThat(next()).isEqualTo(first);
    }

    @Test
    void whenAllSitOutSomebodyIsStillAsked() {
        outliers.busy(first, Duration.ofSeconds(3));
        outliers.busy(second, Duration.ofSeconds(3));

        assertThat(List.of(next(), next())).containsExactly(first, second);
    }

    @Test
    void whoFailedThisRequestIsAskedAgainOnlyWhenNobodyElseIsThere() {
        outliers.busy(second, Duration.ofSeconds(3));

        assertThat(next(Set.of(first))).isEqualTo(second);
        assertThat(next(Set.of(first, second))).isEqualTo(first);
    }

    @Test
    void aReplicaThatComesBackGetsATenthAtFirst() {
        first.update(new Replica.State.Down("gone"));
        first.update(new Replica.State.Ready());

        for (int i = 0; i < 11; i++) {
            next();
        }

        assertThat(first.inFlight()).isEqualTo(1);
        assertThat(second.inFlight()).isEqualTo(10);
    }

    @Test
    void aReplicaThatIsDownGetsNothing() {
        first.update(new Replica.State.Down("gone"));

        assertThat(List.of(next(), next())).containsOnly(second);
        second.update(new Replica.State.Down("gone"));
        assertThat(router.choose(WISH, Set.of())).isInstanceOf(Route.NoneReady.class);
    }

    private Replica next() {
        return next(Set.of());
    }

    private Replica next(Set<Replica> tried) {
        if (router.choose(WISH, tried) instanceof Route.Chosen(var booking)) {
            return booking.replica();
        }
        throw new AssertionError("nobody chosen");
    }
}
