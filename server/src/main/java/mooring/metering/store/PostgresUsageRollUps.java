package mooring.metering.store;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import mooring.metering.UsageRollUps;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;

/// The roll-ups' functions in the database, called when it is time.
public final class PostgresUsageRollUps implements UsageRollUps {

    /// Records that come later than this after their hour's end reopen it, which is harmless.
    private static final Duration GRACE = Duration.ofMinutes(2);

    /// How many days ahead there are partitions.
    private static final int DAYS_AHEAD = 7;

    private final Jdbi jdbi;
    private final Clock clock;

    public PostgresUsageRollUps(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    @Override
    public int rollUp() {
        return rollUp(clock.now().minus(GRACE));
    }

    /// Closes the hours before `bound` and brings all sums up to date.
    int rollUp(Instant bound) {
        jdbi.useTransaction(
                handle -> {
                    // Whoever settles waits behind us: rather give up and come again.
                    handle.execute("SET LOCAL lock_timeout = '500ms'");
                    handle.createQuery("SELECT close_usage(CAST(:bound AS timestamptz))")
                            .bind("bound", bound.toString())
                            .map((_, _) -> true)
                            .one();
                });
        return jdbi.inTransaction(
                handle -> handle.createQuery("SELECT roll_up_usage()").mapTo(Integer.class).one());
    }

    @Override
    public int makePartitions() {
        LocalDate today = clock.now().atZone(ZoneOffset.UTC).toLocalDate();
        return jdbi.inTransaction(
                handle -> {
                    handle.execute("SET LOCAL lock_timeout = '2s'");
                    return handle.createQuery("SELECT make_usage_partitions(:first, :last)")
                            .bind("first", today)
                            .bind("last", today.plusDays(DAYS_AHEAD))
                            .mapTo(Integer.class)
                            .one();
                });
    }
}
