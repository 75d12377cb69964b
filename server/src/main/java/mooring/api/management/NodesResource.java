package mooring.api.management;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import mooring.ledger.Nodes;
import mooring.money.Money;

/// The nodes that have leased money, and giving one up.
final class NodesResource {

    private final Nodes nodes;
    private final IdempotentWrites writes;

    NodesResource(Nodes nodes, IdempotentWrites writes) {
        this.nodes = nodes;
        this.writes = writes;
    }

    Answer list(@SuppressWarnings("unused") Call call) {
        return Answer.ok(Shapes.whole(nodes.list(), NodesResource::form));
    }

    Answer lose(Call call) {
        return writes.once(
                call.idempotencyKey(),
                call.fingerprint(),
                () -> Answer.ok(form(nodes.lost(call.node()))));
    }

    private static ObjectNode form(Nodes.Node node) {
        ObjectNode form =
                Shapes.object()
                        .put("id", node.node().node())
                        .put("epoch", node.node().epoch())
                        .put("state", node.state().name().toLowerCase(Locale.ROOT))
                        .put("started_at", node.startedAt().toString())
                        .put("leases_until", Shapes.instant(node.leasesUntil()))
                        .put("suspect_since", Shapes.instant(node.suspectSince()))
                        .put("lost_at", Shapes.instant(node.lostAt()));
        return money(form, "leased", node.leased());
    }

    private static ObjectNode form(Nodes.Lost lost) {
        ObjectNode form =
                Shapes.object()
                        .put("id", lost.node().node())
                        .put("epoch", lost.node().epoch())
                        .put("reason", lost.reason())
                        .put("wallets", lost.wallets());
        return money(form, "unbilled", lost.unbilled());
    }

    private static ObjectNode money(ObjectNode form, String name, List<Money> amounts) {
        ArrayNode array = form.putArray(name);
        amounts.forEach(amount -> array.add(Shapes.money(amount)));
        return form;
    }
}
