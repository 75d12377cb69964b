package mooring.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import mooring.testing.StepClock;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {

    private final StepClock clock = new StepClock();
    private final RetryBudget budget = new RetryBudget(clock);

    @Test
    void aFifthOfTheRequestsMayBeTriedAgainBesideTheReserve() {
        for (int i = 0; i < 1_000; i++) {
            budget.request();
        }

        assertThat(taken(10_000)).isEqualTo(10 + 200);
    }

    @Test
    void whenEverythingFailsTheFleetIsAskedForAFifthMoreAndNotForThreeTimes() {
        taken(10);
        int again = 0;
        for (int i = 0; i < 10_000; i++) {
            budget.request();
            again += taken(2);
        }

        assertThat(again).isEqualTo(2_000);
    }

    @Test
    void littleTrafficGetsOneASecondUpToTen() {
        assertThat(taken(100)).isEqualTo(10);
        clock.pass(Duration.ofSeconds(3));
        assertThat(taken(100)).isEqualTo(3);
        clock.pass(Duration.ofHours(1));
        assertThat(taken(100)).isEqualTo(10);
    }

    @Test
    void noMoreThanFiveHundredAreSavedUp() {
        for (int i = 0; i < 1_000_000; i++) {
            budget.request();
        }

        assertThat(taken(10_000)).isEqualTo(500);
    }

    private int taken(int tries) {
        int taken = 0;
        for (int i = 0; i < tries; i++) {
            taken += budget.take() ? 1 : 0;
        }
        return taken;
    }
}
