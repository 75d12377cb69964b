package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which organization has which price list.
final class PriceListCommands {

    private PriceListCommands() {}

    /// Gives an organization a list.
    @Command(
            name = "assign",
            description = {
                "Give an organization a price list, from now or later on.",
                "The list default is everybody's who has no other."
            })
    static final class Assign extends ApiCommand {
        @Parameters(
                index = "0",
                paramLabel = "ORG",
                description = "The organization, by id or exact name.")
        private String organization = "";

        @Parameters(index = "1", paramLabel = "LIST", description = "A published price list.")
        private String list = "";

        @Option(
                names = "--from",
                paramLabel = "TIME",
                description = "The first instant in UTC (default: now).")
        private @Nullable String from;

        @Option(
                names = "--to",
                paramLabel = "TIME",
                description = "The instant after the last (default: until the next assignment).")
        private @Nullable String to;

        Assign(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api management = management();
            ObjectNode body = Json.object().put("list", list);
            if (from != null) {
                body.put("from", from);
            }
            if (to != null) {
                body.put("to", to);
            }
            ObjectNode made =
                    management.write(
                            Organizations.path(management, organization) + "/price-lists",
                            body,
                            UUID.randomUUID().toString());
            show(made, out -> table(List.of(made)).print(out));
            return Commands.DONE;
        }
    }

    /// Shows an organization's lists.
    @Command(
            name = "assigned",
            description = "Show which price list an organization has, and when.")
    static final class Assigned extends ApiCommand {
        @Parameters(paramLabel = "ORG", description = "The organization, by id or exact name.")
        private String organization = "";

        Assigned(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api management = management();
            ObjectNode list =
                    management.get(Organizations.path(management, organization) + "/price-lists");
            show(
                    list,
                    out -> {
                        if (list.path("data").isEmpty()) {
                            out.println("The list default, and no other so far.");
                        } else {
                            table(list.path("data")).print(out);
                        }
                    });
            return Commands.DONE;
        }
    }

    private static Table table(Iterable<? extends JsonNode> rows) {
        Table table = Table.of("LIST", "FROM", "TO", "ASSIGNED");
        for (JsonNode row : rows) {
            table.row(
                    Json.text(row, "list"),
                    Json.text(row, "from"),
                    Json.text(row, "to"),
                    Json.text(row, "assigned_at"));
        }
        return table;
    }
}
