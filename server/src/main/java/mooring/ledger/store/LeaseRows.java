package mooring.ledger.store;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import mooring.ids.WalletId;
import mooring.ledger.NodeEpoch;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The leases that one transaction draws on, locked.
final class LeaseRows {

    private final Map<NodeLease, Long> amounts = new HashMap<>();
    private final Set<NodeLease> drawn = new LinkedHashSet<>();

    private LeaseRows() {}

    /// Those of `leases` that are there; a node that was declared lost has none any more.
    static LeaseRows lock(Handle handle, Collection<NodeLease> leases) {
        LeaseRows rows = new LeaseRows();
        if (leases.isEmpty()) {
            return rows;
        }
        Set<NodeLease> wanted = new LinkedHashSet<>(leases);
        handle.createQuery(
                        """
                        SELECT l.wallet_id, l.node_id, l.epoch, l.amount
                        FROM unnest(:wallets, :nodes, :epochs) AS n (wallet_id, node_id, epoch)
                        JOIN lease l ON l.wallet_id = n.wallet_id AND l.node_id = n.node_id
                            AND l.epoch = n.epoch
                        ORDER BY l.wallet_id, l.node_id, l.epoch FOR UPDATE OF l
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
                                        row.getLong("amount")))
                .forEach(row -> rows.amounts.put(row.getKey(), row.getValue()));
        return rows;
    }

    /// Takes up to `wish`; returns what the lease carried.
    long draw(NodeLease lease, long wish) {
        long amount = amounts.getOrDefault(lease, 0L);
        long part = Math.min(wish, amount);
        if (part > 0) {
            amounts.put(lease, amount - part);
            drawn.add(lease);
        }
        return part;
    }

    void write(Handle handle) {
        if (drawn.isEmpty()) {
            return;
        }
        List<NodeLease> rows = List.copyOf(drawn);
        handle.createUpdate(
                        """
                        UPDATE lease l SET amount = n.amount
                        FROM unnest(:wallets, :nodes, :epochs, :amounts)
                            AS n (wallet_id, node_id, epoch, amount)
                        WHERE l.wallet_id = n.wallet_id AND l.node_id = n.node_id
                            AND l.epoch = n.epoch
                        """)
                .bind("wallets", SqlArrays.column("uuid", rows, l -> l.wallet().uuid()))
                .bind("nodes", SqlArrays.column("text", rows, l -> l.node().node()))
                .bind("epochs", SqlArrays.column("int8", rows, l -> l.node().epoch()))
                .bind("amounts", SqlArrays.column("int8", rows, amounts::get))
                .execute();
    }
}
