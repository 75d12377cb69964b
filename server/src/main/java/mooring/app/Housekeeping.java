package mooring.app;

import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import mooring.config.Settings;
import mooring.idempotency.store.ExpiredAnswers;
import mooring.ids.IdGenerator;
import mooring.jobs.Job;
import mooring.jobs.Jobs;
import mooring.ledger.store.ExpiryWarnings;
import mooring.ledger.store.LotExpiry;
import mooring.ledger.store.NightlyVerification;
import mooring.ledger.store.PostgresLedgerVerifier;
import mooring.ledger.store.PostgresNodes;
import mooring.metering.archive.store.ArchiveFolder;
import mooring.metering.archive.store.Archiver;
import mooring.metering.store.PostgresUsageRollUps;
import mooring.responses.store.PostgresKeptResponses;
import mooring.sql.Database;
import mooring.time.Clock;

/// What is done in the background to keep the books in order: once over all nodes.
final class Housekeeping {

    /// Sums of what has just closed are read from its minutes until then.
    private static final Duration ROLL_UP = Duration.ofMinutes(1);

    private static final Duration PARTITIONS = Duration.ofHours(1);
    private static final Duration KEPT_RESPONSES = Duration.ofHours(1);
    private static final Duration ARCHIVE = Duration.ofHours(6);

    /// How late expired credit leaves its wallet, and how late what expires soon is announced.
    private static final Duration EXPIRY = Duration.ofMinutes(1);

    /// How late a kept answer is deleted; it is given to nobody from its end on.
    private static final Duration KEPT_ANSWERS = Duration.ofMinutes(5);

    /// Jobs are looked for every five seconds, so this is as often as it can be.
    private static final Duration NODE_WATCH = Duration.ofSeconds(5);

    private static final LocalTime VERIFICATION = LocalTime.of(3, 30);

    private Housekeeping() {}

    /// The jobs, not yet started. Partitions are made before this returns, for whatever comes.
    static Jobs jobs(
            Database database,
            String node,
            Clock clock,
            IdGenerator ids,
            ArchiveFolder archive,
            PostgresKeptResponses responses,
            Settings settings) {
        PostgresUsageRollUps rollUps = new PostgresUsageRollUps(database.jdbi(), clock);
        Archiver archiver =
                new Archiver(database.jdbi(), archive, node, clock, settings.archiveAfterDays());
        LotExpiry expiry = new LotExpiry(database.jdbi(), ids);
        ExpiryWarnings warnings = new ExpiryWarnings(database.jdbi(), settings.expiryWarning());
        ExpiredAnswers answers = new ExpiredAnswers(database.jdbi(), clock);
        rollUps.makePartitions();
        PostgresNodes nodes = new PostgresNodes(database.jdbi());
        NightlyVerification nightly =
                new NightlyVerification(
                        new PostgresLedgerVerifier(database.jdbi(), clock), database.jdbi());
        return new Jobs(
                database.dataSource(),
                node,
                List.of(
                        new Job.Repeated("usage-roll-up", ROLL_UP, rollUps::rollUp),
                        new Job.Repeated("usage-partitions", PARTITIONS, rollUps::makePartitions),
                        new Job.Repeated("kept-responses", KEPT_RESPONSES, responses::sweep),
                        new Job.Repeated("usage-archive", ARCHIVE, archiver::run),
                        new Job.Repeated("credit-expiry", EXPIRY, () -> expiry.run(clock.now())),
                        new Job.Repeated(
                                "credit-expiry-warnings", EXPIRY, () -> warnings.run(clock.now())),
                        new Job.Repeated("kept-answers", KEPT_ANSWERS, answers::delete),
                        new Job.Repeated("node-watch", NODE_WATCH, nodes::watch),
                        new Job.Daily(
                                "ledger-verification",
                                VERIFICATION,
                                settings.timeZone(),
                                nightly::run)));
    }
}
