package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The models on offer; for the operator also what runs them.
@Command(
        name = "models",
        description = "List models with their windows and prices per million tokens.")
final class ModelsCommand extends ApiCommand {
    @Option(
            names = "--replicas",
            description = "Show the replicas behind each model instead; needs the operator's key.")
    private boolean replicas;

    ModelsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        if (replicas) {
            showReplicas();
        } else {
            showModels();
        }
        return Commands.DONE;
    }

    private void showModels() {
        ObjectNode list = models().get("/v1/models");
        show(
                list,
                out -> {
                    Table table =
                            Table.of(
                                    "MODEL",
                                    ">WINDOW",
                                    ">DEFAULT MAX TOKENS",
                                    ">INPUT",
                                    ">CACHE READ",
                                    ">OUTPUT",
                                    "CURRENCY");
                    for (JsonNode row : list.path("data")) {
                        JsonNode pricing = row.path("pricing");
                        table.row(
                                Json.text(row, "id"),
                                Json.text(row, "context_length"),
                                Json.text(row, "default_max_tokens"),
                                Json.text(pricing, "input"),
                                Json.text(pricing, "cache_read"),
                                Json.text(pricing, "output"),
                                Json.text(pricing, "currency"));
                    }
                    table.print(out);
                });
    }

    private void showReplicas() {
        ObjectNode list = management().get("/api/v1/models");
        show(
                list,
                out -> {
                    Table table =
                            Table.of(
                                    "MODEL", "REPLICA", "ENGINE", "STATE", "TOKENS", "URL",
                                    "DETAIL");
                    for (JsonNode model : list.path("data")) {
                        if (model.path("replicas").isEmpty()) {
                            table.row(Json.text(model, "id"), "-", "-", "none", "-", "-", "-");
                        }
                        for (JsonNode replica : model.path("replicas")) {
                            table.row(
                                    Json.text(model, "id"),
                                    Json.text(replica, "id"),
                                    Json.text(replica, "engine"),
                                    Json.text(replica, "state"),
                                    tokens(replica.path("counts")),
                                    Json.text(replica, "url"),
                                    Json.text(replica, "detail"));
                        }
                    }
                    table.print(out);
                });
    }

    /// Whether what the engine counted is settled.
    private static String tokens(JsonNode counts) {
        if (!counts.isObject()) {
            return "-";
        }
        return counts.path("explained").asBoolean()
                ? "settled"
                : "differ: prompt "
                        + Json.text(counts.path("prompt"), "difference")
                        + ", generated "
                        + Json.text(counts.path("generated"), "difference");
    }
}
