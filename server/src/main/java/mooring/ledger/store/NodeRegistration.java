package mooring.ledger.store;

import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.ledger.NodeEpoch;
import mooring.sql.SqlArrays;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Counts a node's starts, and ends what its earlier lives left open. Blocking.
public final class NodeRegistration {

    /// Holds ended in one transaction: small enough not to keep wallets locked for long.
    private static final int SWEEP_BATCH = 500;

    /// What a sweep ended.
    public record Swept(long holds, long nanos) {
        Swept plus(Swept other) {
            return new Swept(holds + other.holds, Math.addExact(nanos, other.nanos));
        }
    }

    private record Orphan(UUID request, UUID wallet, long amount, long epoch) {}

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

    /// Ends every hold of this node's earlier lives. Done before the node takes requests.
    public Swept sweep(NodeEpoch node) {
        Swept all = new Swept(0, 0);
        while (true) {
            Swept batch = jdbi.inTransaction(handle -> sweepBatch(handle, node));
            if (batch.holds() == 0) {
                return all;
            }
            all = all.plus(batch);
        }
    }

    /// What an orphaned request used is known to nobody here, so its money goes back and the amount
    /// is written down as unbilled. A durable journal on the node would settle it in this place.
    private Swept sweepBatch(Handle handle, NodeEpoch node) {
        List<Orphan> orphans = orphans(handle, node);
        HoldBooks books =
                HoldBooks.open(
                        handle,
                        new IdGenerator(clock),
                        clock.now(),
                        orphans.stream().map(orphan -> new RequestId(orphan.request())).toList(),
                        List.of());
        long nanos = 0;
        for (Orphan orphan : orphans) {
            nanos = Math.addExact(nanos, books.end(new RequestId(orphan.request())));
        }
        books.write();
        insertUnbilled(handle, node, orphans);
        return new Swept(orphans.size(), nanos);
    }

    private static List<Orphan> orphans(Handle handle, NodeEpoch node) {
        return handle.createQuery(
                        """
                        SELECT request_id, wallet_id, amount, epoch FROM hold_open
                        WHERE node_id = :node AND epoch < :epoch
                        ORDER BY request_id LIMIT :limit FOR UPDATE
                        """)
                .bindMap(
                        Map.of(
                                "node", node.node(),
                                "epoch", node.epoch(),
                                "limit", SWEEP_BATCH))
                .map(
                        (row, _) ->
                                new Orphan(
                                        row.getObject("request_id", UUID.class),
                                        row.getObject("wallet_id", UUID.class),
                                        row.getLong("amount"),
                                        row.getLong("epoch")))
                .list();
    }

    private void insertUnbilled(Handle handle, NodeEpoch node, List<Orphan> orphans) {
        handle.createUpdate(
                        """
                        INSERT INTO unbilled (request_id, wallet_id, amount, reason, node_id, epoch,
                            at)
                        SELECT o.request_id, o.wallet_id, o.amount, 'node_restarted', :node,
                            o.epoch, :at
                        FROM unnest(:requests, :wallets, :amounts, :epochs)
                            AS o (request_id, wallet_id, amount, epoch)
                        ON CONFLICT (request_id) DO NOTHING
                        """)
                .bind("requests", SqlArrays.column("uuid", orphans, Orphan::request))
                .bind("wallets", SqlArrays.column("uuid", orphans, Orphan::wallet))
                .bind("amounts", SqlArrays.column("int8", orphans, Orphan::amount))
                .bind("epochs", SqlArrays.column("int8", orphans, Orphan::epoch))
                .bind("node", node.node())
                .bind("at", clock.now())
                .execute();
    }
}
