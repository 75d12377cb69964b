package mooring.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import mooring.inference.Usage;
import mooring.metering.EngineTally.Counters;
import mooring.metering.EngineTally.Tokens;
import org.junit.jupiter.api.Test;

class EngineTallyTest {

    private final EngineTally tally = new EngineTally();

    @Test
    void whatWasSettledIsWhatTheEngineCounted() {
        tally.compare("engine-1", new Counters("monday", 1_000, 500));
        tally.settled("engine-1", new Usage(60, 40, 0, 0, 20, 5));
        tally.settled("engine-1", new Usage(10, 0, 0, 0, 3, 0));
        tally.settled("engine-2", new Usage(7, 0, 0, 0, 7, 0));

        EngineTally.Comparison comparison =
                tally.compare("engine-1", new Counters("monday", 1_110, 523));

        assertThat(comparison.prompt()).isEqualTo(new Tokens(110, 110, 0));
        assertThat(comparison.generated()).isEqualTo(new Tokens(23, 23, 0));
        assertThat(comparison.explained()).isTrue();
    }

    @Test
    void aTokenThatNobodySettledShows() {
        tally.compare("engine-1", new Counters("monday", 0, 0));
        tally.settled("engine-1", new Usage(10, 0, 0, 0, 3, 0));

        assertThat(tally.compare("engine-1", new Counters("monday", 10, 4)).explained()).isFalse();
        assertThat(
                        tally.compare("engine-1", new Counters("monday", 10, 4))
                                .generated()
                                .difference())
                .isEqualTo(1);
    }

    @Test
    void aTokenSettledThatTheEngineNeverCountedShows() {
        tally.compare("engine-1", new Counters("monday", 0, 0));
        tally.settled("engine-1", new Usage(10, 0, 0, 0, 3, 0));

        assertThat(tally.compare("engine-1", new Counters("monday", 9, 3)).explained()).isFalse();
    }

    @Test
    void attemptsWithoutFinalUsageAreToleratedUpToWhatTheyCanHaveCost() {
        tally.compare("engine-1", new Counters("monday", 0, 0));
        tally.withoutUsage("engine-1", new Usage(10, 0, 0, 0, 3, 0), new Usage(12, 0, 0, 0, 8, 0));

        assertThat(tally.compare("engine-1", new Counters("monday", 12, 8)).explained()).isTrue();
        EngineTally.Comparison above = tally.compare("engine-1", new Counters("monday", 12, 9));
        assertThat(above.explained()).isFalse();
        assertThat(above.attemptsWithoutUsage()).isEqualTo(1);
        assertThatThrownBy(
                        () ->
                                tally.withoutUsage(
                                        "engine-1",
                                        new Usage(2, 0, 0, 0, 0, 0),
                                        new Usage(1, 0, 0, 0, 0, 0)))
                .hasMessageContaining("expected: at most");
    }

    @Test
    void eachStartOfAnEngineIsComparedForItself() {
        tally.compare("engine-1", new Counters("monday", 100, 100));
        tally.settled("engine-1", new Usage(10, 0, 0, 0, 3, 0));

        assertThat(tally.compare("engine-1", new Counters("tuesday", 200, 200)).explained())
                .isTrue();
        tally.settled("engine-1", new Usage(1, 0, 0, 0, 1, 0));
        assertThat(tally.compare("engine-1", new Counters("tuesday", 5, 5)).prompt())
                .as("counters that fall are those of a new life")
                .isEqualTo(new Tokens(0, 0, 0));
    }
}
