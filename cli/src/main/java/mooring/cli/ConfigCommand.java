package mooring.cli;

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
                    out ->
                            Listing.of("SETTING", "name")
                                    .add("VALUE", "value")
                                    .add("ORIGIN", "origin")
                                    .print(list, out));
            return Commands.DONE;
        }
    }
}
