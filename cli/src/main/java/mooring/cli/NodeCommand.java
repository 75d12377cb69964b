package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The servers that share one database, and the money that each has leased.
@Command(name = "node", description = "List the nodes, and give up one that is gone for good.")
final class NodeCommand extends GroupCommand {

    /// Shows who is alive, and what is in whose leases.
    @Command(name = "list", description = "List the nodes and what they have leased of wallets.")
    static final class Lists extends ApiCommand {

        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode list = management().list("/api/v1/nodes");
            show(
                    list,
                    out ->
                            Listing.of("NODE", "id")
                                    .add(">EPOCH", "epoch")
                                    .add("STATE", "state")
                                    .add("LEASES UNTIL", "leases_until")
                                    .add(">LEASED", row -> money(row.path("leased")))
                                    .print(list, out));
            return Commands.DONE;
        }
    }

    /// Returns to wallets what a vanished node had leased.
    @Command(
            name = "lost",
            description = {
                "Give up a node that will not come back: what it had leased returns to the",
                "wallets, and the amount is written down as unbilled."
            })
    static final class Lost extends ApiCommand {
        @Parameters(paramLabel = "ID", description = "The node, as shown by: mooring node list.")
        private String id = "";

        @Option(
                names = "--yes",
                description = "Do it. What the node's requests used and nobody heard of is lost.")
        private boolean yes;

        Lost(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            if (!yes) {
                throw new MisuseException(
                        "Give --yes when the node "
                                + id
                                + " and its disk are gone for good: what its requests used and"
                                + " nobody heard of is never billed.");
            }
            String path = "/api/v1/nodes/" + Api.part(id) + "/lost";
            ObjectNode lost = management().write(path, null, UUID.randomUUID().toString());
            show(
                    lost,
                    out ->
                            Fields.of("node", Json.text(lost, "id"))
                                    .add("epoch", Json.text(lost, "epoch"))
                                    .add("wallets", Json.text(lost, "wallets"))
                                    .add("unbilled", money(lost.path("unbilled")))
                                    .print(out));
            return Commands.DONE;
        }
    }

    private static String money(JsonNode amounts) {
        List<String> texts = new ArrayList<>();
        for (JsonNode amount : amounts) {
            texts.add(Json.text(amount, "amount") + " " + Json.text(amount, "currency"));
        }
        return texts.isEmpty() ? "0" : String.join(", ", texts);
    }
}
