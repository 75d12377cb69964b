package mooring.app;

import java.time.Duration;
import java.util.List;
import mooring.config.Settings;
import mooring.jobs.Job;
import mooring.jobs.Jobs;
import mooring.metering.archive.store.ArchiveFolder;
import mooring.metering.archive.store.Archiver;
import mooring.metering.store.PostgresUsageRollUps;
import mooring.sql.Database;
import mooring.time.Clock;

/// What is done in the background to keep the books of usage in order: once over all nodes.
final class Housekeeping {

    /// Sums of what has just closed are read from its minutes until then.
    private static final Duration ROLL_UP = Duration.ofMinutes(1);

    private static final Duration PARTITIONS = Duration.ofHours(1);
    private static final Duration ARCHIVE = Duration.ofHours(6);

    private Housekeeping() {}

    /// The jobs, not yet started. Partitions are made before this returns, for whatever comes.
    static Jobs jobs(
            Database database, String node, Clock clock, ArchiveFolder archive, Settings settings) {
        PostgresUsageRollUps rollUps = new PostgresUsageRollUps(database.jdbi(), clock);
        Archiver archiver =
                new Archiver(database.jdbi(), archive, node, clock, settings.archiveAfterDays());
        rollUps.makePartitions();
        return new Jobs(
                database.dataSource(),
                node,
                List.of(
                        new Job.Repeated("usage-roll-up", ROLL_UP, rollUps::rollUp),
                        new Job.Repeated("usage-partitions", PARTITIONS, rollUps::makePartitions),
                        new Job.Repeated("usage-archive", ARCHIVE, archiver::run)));
    }
}
