package mooring.ledger.store;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.WalletId;
import mooring.ledger.NodeEpoch;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The leases that one transaction draws on, locked.
final class LeaseRows {

    /// By the database's order of UUIDs, which has no sign.
    private static final Comparator<NodeLease> LOCK_ORDER =
            Comparator.comparing(
                            (NodeLease lease) -> lease.wallet().uuid().getMostSignificantBits(),
                            Long::compareUnsigned)
                    .thenComparing(
                            lease -> lease.wallet().uuid().getLeastSignificantBits(),
                            Long::compareUnsigned)
                    .thenComparing(lease -> lease.node().node())
                    .thenComparingLong(lease -> lease.node().epoch());

    private static final class Locked {
        final String place;
        long amount;
        boolean drawn;

        Locked(String place, long amount) {
            this.place = place;
            this.amount = amount;
        }
    }

    private final Map<NodeLease, Locked> locked = new HashMap<>();

    private LeaseRows() {}

    /// Those of `leases` that are there; a node that was declared lost has none any more.
    static LeaseRows lock(Handle handle, Collection<NodeLease> leases) {
        LeaseRows rows = new LeaseRows();
        if (leases.isEmpty()) {
            return rows;
        }
        List<NodeLease> wanted = leases.stream().distinct().sorted(LOCK_ORDER).toList();
        // A look-up for each, in this order. As a join it is the planner's choice, and without
        // statistics it has chosen to compare all leases of the node with all that are wanted.
        handle.createQuery(
                        """
                        SELECT l.place, n.wallet_id, n.node_id, n.epoch, l.amount
                        FROM unnest(:wallets, :nodes, :epochs) AS n (wallet_id, node_id, epoch)
                        CROSS JOIN LATERAL (
                            SELECT CAST(l.ctid AS text) AS place, l.amount FROM lease l
                            WHERE l.wallet_id = n.wallet_id AND l.node_id = n.node_id
                                AND l.epoch = n.epoch
                            FOR UPDATE
                        ) l
                        """)
                .bind("wallets", SqlArrays.column("uuid", wanted, l -> l.wallet().uuid()))
                .bind("nodes", SqlArrays.column("text", wanted, l -> l.node().node()))
                .bind("epochs", SqlArrays.column("int8", wanted, l -> l.node().epoch()))
                .map(
                        (row, _) ->
                                Map.entry(
                                        new NodeLease(
                                                new WalletId(
                                                        row.getObject("wallet_id", UUID.class)),
                                                new NodeEpoch(
                                                        row.getString("node_id"),
                                                        row.getLong("epoch"))),
                                        new Locked(row.getString("place"), row.getLong("amount"))))
                .forEach(row -> rows.locked.put(row.getKey(), row.getValue()));
        return rows;
    }

    /// Takes up to `wish`; returns what the lease carried.
    long draw(NodeLease lease, long wish) {
        Locked row = locked.get(lease);
        if (row == null) {
            return 0;
        }
        long part = Math.min(wish, row.amount);
        row.amount -= part;
        row.drawn |= part > 0;
        return part;
    }

    /// The rows are locked, so each is still where it was read.
    void write(Handle handle) {
        List<Locked> rows = locked.values().stream().filter(row -> row.drawn).toList();
        if (rows.isEmpty()) {
            return;
        }
        handle.createUpdate(
                        """
                        UPDATE lease l SET amount = n.amount
                        FROM unnest(CAST(:places AS tid[]), :amounts) AS n (place, amount)
                        WHERE l.ctid = n.place
                        """)
                .bind("places", SqlArrays.column("text", rows, row -> row.place))
                .bind("amounts", SqlArrays.column("int8", rows, row -> row.amount))
                .execute();
    }
}
