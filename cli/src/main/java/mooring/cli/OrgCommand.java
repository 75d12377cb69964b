package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Organizations: the customers that own keys and money.
@Command(name = "org", description = "Create and list organizations.")
final class OrgCommand extends GroupCommand {

    /// Makes an organization, with an empty wallet.
    @Command(
            name = "create",
            description = "Create an organization. It starts with no credit and no key.")
    static final class Create extends ApiCommand {
        @Parameters(paramLabel = "NAME", description = "Its name, as people will see it.")
        private String name = "";

        @Option(
                names = "--currency",
                paramLabel = "CODE",
                description =
                        "Its billing currency for good, such as USD (default: that of the prices).")
        private @Nullable String currency;

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode body = Json.object().put("name", name);
            if (currency != null) {
                body.put("currency", currency);
            }
            ObjectNode made =
                    management().write(Organizations.PATH, body, UUID.randomUUID().toString());
            show(
                    made,
                    out -> {
                        Fields.of("organization", Json.text(made, "id"))
                                .add("name", Json.text(made, "name"))
                                .add("currency", Json.text(made, "currency"))
                                .print(out);
                        out.println();
                        out.println(
                                "Next: mooring keys create --org "
                                        + Text.oneLine(Json.text(made, "id"))
                                        + " --name NAME");
                    });
            return Commands.DONE;
        }
    }

    /// Shows every organization with its balance.
    @Command(name = "list", description = "List organizations with their balances.")
    static final class Lists extends ApiCommand {
        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode list = management().list(Organizations.PATH);
            show(
                    list,
                    out -> {
                        Table table =
                                Table.of(
                                        "ORGANIZATION",
                                        "NAME",
                                        ">AVAILABLE",
                                        ">HELD",
                                        "CURRENCY",
                                        "CREATED");
                        for (JsonNode row : list.path("data")) {
                            table.row(
                                    Json.text(row, "id"),
                                    Json.text(row, "name"),
                                    Json.text(row.path("balance"), "available"),
                                    Json.text(row.path("balance"), "held"),
                                    Json.text(row, "currency"),
                                    Json.text(row, "created_at"));
                        }
                        table.print(out);
                    });
            return Commands.DONE;
        }
    }
}
