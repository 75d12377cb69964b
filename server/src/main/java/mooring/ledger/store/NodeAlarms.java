package mooring.ledger.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import mooring.json.Json;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Nodes;
import mooring.money.Money;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Nodes that are silent or given up, as events in the outbox and lines in the log, written in the
/// transaction that finds them so.
final class NodeAlarms {

    static final String SUSPECT = "node.suspect";
    static final String LOST = "node.lost";

    private static final Logger LOG = LoggerFactory.getLogger(NodeAlarms.class);

    private NodeAlarms() {}

    /// @param leased what nobody else can use meanwhile
    static void suspect(Handle handle, NodeEpoch node, Instant since, List<Money> leased) {
        LOG.error("node {}: silent since {}, its leases hold {}", node.node(), since, leased);
        ObjectNode payload = about(node);
        payload.put("since", since.toString());
        amounts(payload, "leased", leased);
        Outbox.add(handle, SUSPECT, node.node(), payload.toString(), since);
    }

    static void lost(Handle handle, Nodes.Lost lost) {
        NodeEpoch node = lost.node();
        LOG.error(
                "node {}: given up ({}), {} of {} wallets went back unbilled",
                node.node(),
                lost.reason(),
                lost.unbilled(),
                lost.wallets());
        ObjectNode payload = about(node);
        payload.put("reason", lost.reason());
        payload.put("wallets", lost.wallets());
        amounts(payload, "unbilled", lost.unbilled());
        Instant at =
                handle.createQuery("SELECT lost_at FROM node WHERE id = :node")
                        .bind("node", node.node())
                        .mapTo(OffsetDateTime.class)
                        .one()
                        .toInstant();
        Outbox.add(handle, LOST, node.node(), payload.toString(), at);
    }

    private static ObjectNode about(NodeEpoch node) {
        return Json.MAPPER.createObjectNode().put("node", node.node()).put("epoch", node.epoch());
    }

    private static void amounts(ObjectNode payload, String name, List<Money> amounts) {
        for (Money each : amounts) {
            payload.withArray(name)
                    .addObject()
                    .put("amount", each.text())
                    .put("currency", each.currency().code());
        }
    }
}
