package mooring.routing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FirstContentTimesTest {

    private final FirstContentTimes times = new FirstContentTimes();

    @Test
    void aFewAnswersSayNothing() {
        for (int i = 0; i < 31; i++) {
            times.took(1_000_000);
        }
        assertThat(times.percentile(95)).isEmpty();
        times.took(1_000_000);
        assertThat(times.percentile(95)).contains(Duration.ofMillis(1));
    }

    @Test
    void aPercentileIsOfTheLastAnswers() {
        for (int i = 1; i <= 100; i++) {
            times.took(i * 1_000_000L);
        }
        assertThat(times.percentile(95)).contains(Duration.ofMillis(96));
        for (int i = 0; i < 256; i++) {
            times.took(7_000_000);
        }
        assertThat(times.percentile(95)).contains(Duration.ofMillis(7));
    }
}
