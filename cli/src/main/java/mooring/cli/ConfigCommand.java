package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import picocli.CommandLine.Command;

/// The settings that the server runs with.
@Command(name = "config", description = "Show the server's settings.")
final class ConfigCommand extends GroupCommand {

    /// Shows every setting and its origin.
    @Command(name = "show", description = "Show every setting, its value and where that came from.")
    static final class Show extends ApiCommand {
        Show(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode list = management().get("/api/v1/config");
            show(
                    list,
                    out -> {
                        Table table = Table.of("SETTING", "VALUE", "ORIGIN");
                        for (JsonNode row : list.path("data")) {
                            table.row(
                                    Json.text(row, "name"),
                                    Json.text(row, "value"),
                                    Json.text(row, "origin"));
                        }
                        table.print(out);
                    });
            return Commands.DONE;
        }
    }
}
