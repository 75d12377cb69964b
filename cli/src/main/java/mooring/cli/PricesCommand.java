package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.UUID;
import picocli.CommandLine.Command;

/// Price versions: what requests are rated with.
@Command(name = "prices", description = "Show and publish prices.")
final class PricesCommand extends GroupCommand {

    /// Shows the current version, and what waits in the price file.
    @Command(
            name = "show",
            description = "Show the current prices, and what the price file would change.")
    static final class Show extends ApiCommand {
        Show(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode version = management().get("/api/v1/prices");
            show(
                    version,
                    out -> {
                        print(version, out);
                        JsonNode changes = version.path("unpublished_changes");
                        if (!changes.isEmpty()) {
                            out.println();
                            out.println("The price file differs:");
                            changes.forEach(
                                    change -> out.println("- " + Text.oneLine(change.asText())));
                            out.println("Put it in force with: mooring prices publish");
                        }
                    });
            return Commands.DONE;
        }
    }

    /// Makes the price file the next version.
    @Command(
            name = "publish",
            description = {
                "Publish the price file as a new version.",
                "Requests admitted from then on are rated with it; earlier ones keep theirs."
            })
    static final class Publish extends ApiCommand {
        Publish(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode version =
                    management()
                            .write("/api/v1/prices/publish", null, UUID.randomUUID().toString());
            show(version, out -> print(version, out));
            return Commands.DONE;
        }
    }

    private static void print(ObjectNode version, PrintStream out) {
        out.println(
                "Price version "
                        + Text.oneLine(Json.text(version, "number"))
                        + " ("
                        + Text.oneLine(Json.text(version, "id"))
                        + "), published "
                        + Text.oneLine(Json.text(version, "published_at"))
                        + ", per million tokens:");
        out.println();
        Table table =
                Table.of(
                        "MODEL",
                        ">INPUT",
                        ">CACHE READ",
                        ">CACHE WRITE 5M",
                        ">CACHE WRITE 1H",
                        ">OUTPUT",
                        "CURRENCY");
        for (JsonNode row : version.path("data")) {
            JsonNode pricing = row.path("pricing");
            table.row(
                    Json.text(row, "model"),
                    Json.text(pricing, "input"),
                    Json.text(pricing, "cache_read"),
                    Json.text(pricing, "cache_write_5m"),
                    Json.text(pricing, "cache_write_1h"),
                    Json.text(pricing, "output"),
                    Json.text(pricing, "currency"));
        }
        table.print(out);
    }
}
