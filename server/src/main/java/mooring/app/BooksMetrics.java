package mooring.app;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import mooring.ledger.Nodes;
import mooring.ledger.store.NightlyVerification;
import mooring.telemetry.Metrics;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How the books stand, as numbers: what this node has yet to book, what its journal keeps, and
/// what of the database all nodes show alike.
final class BooksMetrics {

    private static final Logger LOG = LoggerFactory.getLogger(BooksMetrics.class);

    /// What the database said last.
    ///
    /// @param verified null before the first nightly verification
    private record Known(
            NightlyVerification.@Nullable Result verified, long alive, long suspect, long lost) {}

    private final Jdbi jdbi;
    private final Nodes nodes;
    private volatile @Nullable Known known;

    BooksMetrics(Jdbi jdbi, Nodes nodes) {
        this.jdbi = jdbi;
        this.nodes = nodes;
    }

    void watch(Metrics metrics, Bookkeeping books, Clock clock) {
        metrics.watch(
                "mooring.drain.behind.seconds",
                "Since the oldest charge that is written down and not booked.",
                () -> seconds(books.behind()));
        metrics.watch(
                "mooring.drain.behind.records",
                "Ends of requests that are written down and not booked.",
                books::recordsBehind);
        metrics.watch(
                "mooring.journal.kept.bytes",
                "What the journal keeps, booked and not.",
                books::journalBytes);
        metrics.watch(
                "mooring.journal.room.bytes",
                "What can be written down for sure without new room on the disk.",
                books::journalRoom);
        metrics.watch(
                "mooring.ledger.differences",
                "Rows that the newest nightly verification found to contradict others.",
                () -> {
                    NightlyVerification.Result newest = verified();
                    return newest == null ? Double.NaN : newest.differences();
                });
        metrics.watch(
                "mooring.ledger.verified.age.seconds",
                "Since the newest nightly verification.",
                () -> {
                    NightlyVerification.Result newest = verified();
                    return newest == null
                            ? Double.NaN
                            : seconds(Duration.between(newest.checkedAt(), clock.now()));
                });
        metrics.watch(
                "mooring.nodes.suspect",
                "Nodes that are silent and whose leases still hold money.",
                () -> counted(Known::suspect));
        metrics.watch(
                "mooring.nodes.lost",
                "Nodes that were given up and have not come back.",
                () -> counted(Known::lost));
    }

    /// Whether this is the only node, as far as is known.
    boolean alone() {
        Known now = known;
        return now != null && now.alive() <= 1;
    }

    /// Asks the database again. Blocking.
    void refresh() {
        try {
            Optional<NightlyVerification.Result> verified = NightlyVerification.newest(jdbi);
            List<Nodes.Node> all = nodes.list();
            known =
                    new Known(
                            verified.orElse(null),
                            count(all, Nodes.State.ALIVE),
                            count(all, Nodes.State.SUSPECT),
                            count(all, Nodes.State.LOST));
        } catch (RuntimeException e) {
            LOG.warn("how the books stand could not be read: {}", e.toString());
        }
    }

    private NightlyVerification.@Nullable Result verified() {
        Known now = known;
        return now == null ? null : now.verified();
    }

    private double counted(ToLongFunction<Known> figure) {
        Known now = known;
        return now == null ? Double.NaN : figure.applyAsLong(now);
    }

    private static long count(List<Nodes.Node> nodes, Nodes.State state) {
        return nodes.stream().filter(node -> node.state() == state).count();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
