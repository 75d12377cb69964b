package mooring.ledger.store;

import mooring.ledger.NodeEpoch;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;

/// Counts a node's starts. Blocking.
public final class NodeRegistration {

    private final Jdbi jdbi;
    private final Clock clock;

    public NodeRegistration(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    /// Begins a new life of this node, also of one that was given up. No other process may run
    /// under the same id. It has no leases until its first heartbeat; those of its earlier lives
    /// stay until [#close], so that what these wrote down can still draw on them.
    public NodeEpoch begin(String nodeId) {
        long epoch =
                jdbi.withHandle(
                        handle ->
                                handle.createQuery(
                                                """
                                                INSERT INTO node (id, epoch, started_at)
                                                VALUES (:id, 1, :at)
                                                ON CONFLICT (id) DO UPDATE SET
                                                    epoch = node.epoch + 1,
                                                    started_at = excluded.started_at,
                                                    leases_until = NULL, lost_at = NULL,
                                                    suspect_since = NULL, suspect_seen = NULL
                                                RETURNING epoch
                                                """)
                                        .bind("id", nodeId)
                                        .bind("at", clock.now())
                                        .mapTo(Long.class)
                                        .one());
        return new NodeEpoch(nodeId, epoch);
    }

    /// Returns what is left in the leases of this node's earlier lives. Done once everything that
    /// they wrote down has been booked.
    public void close(NodeEpoch node) {
        new PostgresLeaseStore(jdbi).close(node);
    }
}
