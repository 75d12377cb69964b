package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Price versions: what requests are rated with.
@Command(
        name = "prices",
        description = "Show, compare and publish prices, and say who has which list.")
final class PricesCommand extends GroupCommand {

    /// Shows the version in force, and what waits in the price file.
    @Command(
            name = "show",
            description = "Show the prices in force, and what the price file would change.")
    static final class Show extends ApiCommand {
        @Option(
                names = "--list",
                paramLabel = "LIST",
                description = "A price list (default: default).")
        private @Nullable String list;

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description = "An instant in UTC, past or to come (default: now).")
        private @Nullable String at;

        Show(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode version =
                    management().get(path("/api/v1/prices", query("list", list), query("at", at)));
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

    /// Shows what publishing would change.
    @Command(
            name = "diff",
            description = {
                "Show each price that publishing the price file would change, old and new.",
                "Ends with 1 when the file cannot be published, and says why."
            })
    static final class Diff extends ApiCommand {
        @Option(
                names = "--effective-from",
                paramLabel = "TIME",
                description = "Compare with the prices of that instant in UTC (default: now).")
        private @Nullable String effectiveFrom;

        Diff(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode diff =
                    management()
                            .get(
                                    path(
                                            "/api/v1/prices/diff",
                                            query("effective_from", effectiveFrom)));
            show(diff, out -> print(diff, out));
            return diff.path("problems").isEmpty() ? Commands.DONE : Commands.REFUSED;
        }

        private static void print(ObjectNode diff, PrintStream out) {
            for (JsonNode currency : diff.path("currencies")) {
                out.println(
                        "List "
                                + Text.oneLine(Json.text(currency, "list"))
                                + " changes its currency: "
                                + Text.oneLine(Json.text(currency, "old"))
                                + " -> "
                                + Text.oneLine(Json.text(currency, "new")));
            }
            if (diff.path("data").isEmpty()) {
                out.println("No price changes.");
            } else {
                Table table =
                        Table.of(
                                "LIST",
                                "MODEL",
                                "ITEM",
                                "TIER",
                                ">FROM",
                                ">OLD",
                                ">NEW",
                                ">CHANGE",
                                "CURRENCY");
                for (JsonNode row : diff.path("data")) {
                    table.row(
                            Json.text(row, "list"),
                            Json.text(row, "model"),
                            Json.text(row, "item"),
                            Json.text(row, "service_tier"),
                            Json.text(row, "band_from"),
                            Json.text(row, "old"),
                            Json.text(row, "new"),
                            row.path("percent").isTextual()
                                    ? Json.text(row, "percent") + " %"
                                    : "-",
                            Json.text(row, "currency"));
                }
                table.print(out);
            }
            if (!diff.path("problems").isEmpty()) {
                out.println();
                out.println("The price file cannot be published:");
                diff.path("problems")
                        .forEach(problem -> out.println("- " + Text.oneLine(problem.asText())));
            }
        }
    }

    /// Makes the price file the next version.
    @Command(
            name = "publish",
            description = {
                "Publish the price file: each list that differs becomes a new version.",
                "Requests admitted from then on are rated with it; earlier ones keep theirs."
            })
    static final class Publish extends ApiCommand {
        @Option(
                names = "--effective-from",
                paramLabel = "TIME",
                description =
                        "When they take effect, an instant in UTC to come (default: at once).")
        private @Nullable String effectiveFrom;

        Publish(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode version =
                    management()
                            .write(
                                    path(
                                            "/api/v1/prices/publish",
                                            query("effective_from", effectiveFrom)),
                                    null,
                                    UUID.randomUUID().toString());
            show(
                    version,
                    out -> {
                        if (version.path("published").isEmpty()) {
                            out.println("The price file says what is published; nothing changed.");
                        }
                        for (JsonNode made : version.path("published")) {
                            out.println("Published price " + head(made) + ".");
                        }
                        out.println();
                        print(version, out);
                    });
            return Commands.DONE;
        }
    }

    /// `NAME=VALUE` for a path, empty without a value.
    static String query(String name, @Nullable String value) {
        return value == null ? "" : name + "=" + Api.part(value);
    }

    private static String path(String path, String... queries) {
        List<String> given = new ArrayList<>(List.of(queries));
        given.removeIf(String::isEmpty);
        return given.isEmpty() ? path : path + "?" + String.join("&", given);
    }

    private static String head(JsonNode version) {
        return "version "
                + Text.oneLine(Json.text(version, "number"))
                + " ("
                + Text.oneLine(Json.text(version, "id"))
                + ") of list "
                + Text.oneLine(Json.text(version, "list"))
                + ", in force from "
                + Text.oneLine(Json.text(version, "effective_from"));
    }

    private static void print(ObjectNode version, PrintStream out) {
        out.println("Price " + head(version) + ", per million tokens:");
        out.println();
        Table table =
                Table.of(
                        "MODEL",
                        "TIER",
                        ">FROM",
                        ">INPUT",
                        ">CACHE READ",
                        ">CACHE WRITE 5M",
                        ">CACHE WRITE 1H",
                        ">OUTPUT",
                        "CURRENCY");
        Table calls = Table.of("MODEL", "CALL", ">EACH", "CURRENCY");
        boolean anyCall = false;
        for (JsonNode row : version.path("data")) {
            JsonNode pricing = row.path("pricing");
            for (JsonNode band : pricing.path("bands")) {
                band.path("tiers")
                        .properties()
                        .forEach(
                                tier ->
                                        table.row(
                                                Json.text(row, "model"),
                                                tier.getKey(),
                                                Json.text(band, "from"),
                                                Json.text(tier.getValue(), "input"),
                                                Json.text(tier.getValue(), "cache_read"),
                                                Json.text(tier.getValue(), "cache_write_5m"),
                                                Json.text(tier.getValue(), "cache_write_1h"),
                                                Json.text(tier.getValue(), "output"),
                                                Json.text(pricing, "currency")));
            }
            for (var call : pricing.path("calls").properties()) {
                anyCall = true;
                calls.row(
                        Json.text(row, "model"),
                        call.getKey(),
                        call.getValue().asText(),
                        Json.text(pricing, "currency"));
            }
        }
        table.print(out);
        if (anyCall) {
            out.println();
            calls.print(out);
        }
        for (JsonNode next : version.path("next")) {
            out.println();
            out.println("To come: " + head(next) + ".");
        }
    }
}
