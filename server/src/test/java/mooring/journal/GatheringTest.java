package mooring.journal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/// When a sync waits for company.
class GatheringTest {

    private static final long MICROS = 1_000;

    private final Gathering gathering = new Gathering(0);
    private long now;

    @Test
    void aSyncIsNotPutOffForOneCallerAfterTheOtherHoweverFast() {
        syncs(2_000, 1, 100 * MICROS);
        assertThat(gathering.intervalNanos()).isZero();
    }

    @Test
    void aSyncIsNotPutOffWhileFewRecordsCome() {
        syncs(500, 3, 1_000 * MICROS);
        assertThat(gathering.intervalNanos()).isZero();
    }

    @Test
    void aSyncWaitsForCompanyWhileManyRecordsMeet() {
        syncs(500, 2, 150 * MICROS);
        assertThat(gathering.intervalNanos()).isEqualTo(4_000 * MICROS);
        syncs(100, 48, 4_000 * MICROS);
        assertThat(gathering.intervalNanos()).isEqualTo(4_000 * MICROS);
    }

    @Test
    void aSyncIsNotPutOffAnyMoreOnceFewMeetInIt() {
        syncs(500, 2, 150 * MICROS);
        syncs(20, 7, 4_000 * MICROS);
        assertThat(gathering.intervalNanos()).isZero();
    }

    private void syncs(int count, long records, long apartNanos) {
        for (int sync = 0; sync < count; sync++) {
            now += apartNanos;
            gathering.synced(records, now);
        }
    }
}
