package mooring.app;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import mooring.admin.ReadinessCheck;
import mooring.journal.Journal;
import mooring.journal.JournalException;
import mooring.ledger.NodeEpoch;
import mooring.ledger.lease.LeaseBook;
import mooring.metering.Meter;

/// What of this node's books it needs to be ready: usage can be written down, money can be leased,
/// and charges are booked.
final class BooksReadiness {

    /// From here on the charges of a node count as stuck.
    static final Duration BEHIND = Duration.ofSeconds(30);

    private BooksReadiness() {}

    /// Fails for good when a sync has failed, and while the disk is full.
    static ReadinessCheck journal(Journal journal, Meter meter) {
        return check(
                "journal",
                () -> {
                    Optional<JournalException> failure = journal.failure();
                    if (failure.isPresent()) {
                        return Optional.of(
                                "usage cannot be written down after a fault of the disk: "
                                        + failure.get().getMessage()
                                        + " (examine the disk, then restart: running answers are"
                                        + " billed then)");
                    }
                    return meter.writable()
                            ? Optional.empty()
                            : Optional.of(
                                    "usage cannot be written down, the disk is full: "
                                            + journal.shortage()
                                                    .map(JournalException::getMessage)
                                                    .orElse("no room in the journal")
                                            + " (free some space)");
                });
    }

    /// Fails for good when this life of the node was given up, and while the database is away for
    /// longer than its leases reach.
    static ReadinessCheck leases(LeaseBook leases, NodeEpoch node) {
        return check(
                "leases",
                () -> {
                    if (leases.lost()) {
                        return Optional.of(
                                "node "
                                        + node.node()
                                        + ", epoch "
                                        + node.epoch()
                                        + ", was given up, and its leases were closed (restart:"
                                        + " what it has written down is booked all the same)");
                    }
                    return leases.admitting()
                            ? Optional.empty()
                            : Optional.of("no money can be leased: the database does not answer");
                });
    }

    static ReadinessCheck drain(Supplier<Duration> behind) {
        return check(
                "drain",
                () ->
                        Optional.of(behind.get())
                                .filter(now -> now.compareTo(BEHIND) > 0)
                                .map(
                                        now ->
                                                "charges have waited for "
                                                        + now.toSeconds()
                                                        + " s to be booked (expected: at most "
                                                        + BEHIND.toSeconds()
                                                        + " s)"));
    }

    private static ReadinessCheck check(String name, Supplier<Optional<String>> wrong) {
        return ReadinessCheck.of(
                name,
                () ->
                        wrong.get()
                                .<ReadinessCheck.Result>map(ReadinessCheck.Result.Failed::new)
                                .orElse(ReadinessCheck.PASSED));
    }
}
