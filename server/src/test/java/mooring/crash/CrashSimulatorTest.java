package mooring.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every token is counted once, whatever dies when.
class CrashSimulatorTest {

    private static final int SEEDS = 1_000;

    /// `./mooring verify crash` runs as many as asked.
    private static final int REQUESTS = 1_000;

    /// Enough for a planted mistake to do its harm.
    private static final int FEW_REQUESTS = 300;

    @BeforeAll
    static void hush() {
        CrashRun.hush();
    }

    @Test
    void everyRequestIsBilledOnceHoweverOftenEverythingCrashes() { // G7
        long requests = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            Simulation.Result result = CrashRun.run(seed, REQUESTS, Fault.NONE);
            assertThat(result.found()).as("seed %d of %d requests", seed, REQUESTS).isEmpty();
            assertThat(result.deaths()).isPositive();
            requests += result.requests();
        }
        assertThat(requests).isEqualTo((long) SEEDS * REQUESTS);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aPlantedMistakeIsFound(Fault fault) {
        for (long seed = 1; seed <= SEEDS; seed++) {
            if (!CrashRun.run(seed, FEW_REQUESTS, fault).good()) {
                System.out.println(fault + ": found by seed " + seed);
                return;
            }
        }
        throw new AssertionError(fault + ": not found within " + SEEDS + " seeds");
    }

    @Test
    void aSeedReplays() {
        for (long seed = 1; seed <= 20; seed++) {
            assertThat(CrashRun.run(seed, FEW_REQUESTS, Fault.NONE))
                    .isEqualTo(CrashRun.run(seed, FEW_REQUESTS, Fault.NONE));
        }
    }
}
