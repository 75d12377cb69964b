package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The request log.
@Command(name = "requests", description = "List, show and export requests.")
final class RequestsCommand extends GroupCommand {

    private static final int PAGE_ROWS = 200;

    /// Searches may answer with empty pages; more of them than this are not asked for at once.
    private static final int MAX_PAGES = 1_000;

    /// What is searched for.
    static final class Search {
        @Mixin private OrgOption org = new OrgOption();

        @Mixin private Times times = new Times();
        @Mixin private Parts parts = new Parts();

        @Option(
                names = "--status",
                paramLabel = "STATUS",
                split = ",",
                description = "Only those that ended so; may be given more than once.")
        private List<String> statuses = new ArrayList<>();

        @Option(
                names = "--client-id",
                paramLabel = "ID",
                description = "Only those that their caller gave this id.")
        private @Nullable String clientId;

        @Option(
                names = "--min-cost",
                paramLabel = "AMOUNT",
                description = "Only those that cost this or more.")
        private @Nullable String minCost;

        @Option(
                names = "--max-cost",
                paramLabel = "AMOUNT",
                description = "Only those that cost this or less.")
        private @Nullable String maxCost;

        Query query() {
            Query query = new Query();
            times.into(query, "UTC");
            parts.into(query);
            statuses.forEach(status -> query.add("status", status));
            query.add("client_request_id", clientId);
            query.add("min_cost", minCost);
            query.add("max_cost", maxCost);
            return query;
        }
    }

    /// Shows the latest.
    @Command(name = "list", description = "List an organization's requests, latest first.")
    static final class Lists extends ApiCommand {
        @Mixin private Search search = new Search();

        @Option(
                names = "--limit",
                paramLabel = "N",
                description = "How many at most (default: 50).")
        private int limit = 50;

        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            if (limit < 1) {
                throw new MisuseException("--limit: " + limit + " (expected: 1 or more).");
            }
            Query query = search.query();
            query.add("limit", String.valueOf(Math.min(limit, PAGE_ROWS)));
            Api api = management();
            String path = query.behind(search.org.path(api) + "/requests");
            ObjectNode joined = joined(api, path);
            show(
                    joined,
                    out -> {
                        Table table =
                                Table.of(
                                        "ID",
                                        "STARTED",
                                        "MODEL",
                                        "STATUS",
                                        ">INPUT",
                                        ">OUTPUT",
                                        ">COST",
                                        "CURRENCY");
                        joined.path("data").forEach(row -> table.row(cells(row)));
                        table.print(out);
                    });
            return Commands.DONE;
        }

        private ObjectNode joined(Api api, String path) {
            ObjectNode joined = Json.object();
            ArrayNode data = joined.putArray("data");
            String cursor = "";
            for (int page = 0; page < MAX_PAGES; page++) {
                ObjectNode answer = api.get(path + cursor);
                for (JsonNode row : answer.path("data")) {
                    if (data.size() < limit) {
                        data.add(row);
                    }
                }
                JsonNode next = answer.path("next_cursor");
                joined.set("next_cursor", next);
                if (!next.isTextual() || data.size() >= limit) {
                    break;
                }
                cursor = "&cursor=" + Api.part(next.asText());
            }
            return joined;
        }

        private static List<String> cells(JsonNode row) {
            long input =
                    row.path("input_uncached_tokens").asLong()
                            + row.path("cache_read_tokens").asLong()
                            + row.path("cache_write_tokens").asLong();
            return List.of(
                    Json.text(row, "id"),
                    Json.text(row, "started_at"),
                    Json.text(row, "model"),
                    Json.text(row, "status"),
                    String.valueOf(input),
                    Json.text(row, "output_tokens"),
                    Json.text(row.path("cost"), "amount"),
                    Json.text(row.path("cost"), "currency"));
        }
    }

    /// Shows one with all that is known of it.
    @Command(
            name = "show",
            description = "Show one request: its way, what it used and how its price came about.")
    static final class Show extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        @Parameters(paramLabel = "ID", description = "The request's id, req_\u2026")
        private String id = "";

        Show(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            ObjectNode request = api.get(org.path(api) + "/requests/" + Api.part(id));
            show(request, out -> print(request, out));
            return Commands.DONE;
        }

        private static void print(ObjectNode request, PrintStream out) {
            Fields fields = Fields.of("request", Json.text(request, "id"));
            for (String name :
                    List.of(
                            "client_request_id",
                            "key_id",
                            "project_id",
                            "model",
                            "tier",
                            "status",
                            "started_at",
                            "finished_at",
                            "replica",
                            "attempts",
                            "node",
                            "price_version")) {
                fields.add(name.replace('_', ' '), Json.text(request, name));
            }
            fields.add("cost", Json.money(request, "cost"));
            if (!request.path("adjustments").isEmpty()) {
                fields.add("adjusted", Json.money(request, "adjusted"));
            }
            fields.print(out);
            out.println();
            Table way = Table.of("POINT", ">MICROSECONDS");
            request.path("timeline")
                    .properties()
                    .forEach(
                            point ->
                                    way.row(
                                            point.getKey().replace("_micros", "").replace('_', ' '),
                                            Json.text(request.path("timeline"), point.getKey())));
            way.print(out);
            out.println();
            Table lines = Table.of("ITEM", ">QUANTITY", "UNIT", ">PRICE", ">AMOUNT");
            for (JsonNode line : request.path("price_lines")) {
                lines.row(
                        Json.text(line, "item"),
                        Json.text(line, "quantity"),
                        Json.text(line, "unit"),
                        Json.text(line, "price"),
                        Json.text(line, "amount"));
            }
            lines.print(out);
            if (!request.path("adjustments").isEmpty()) {
                out.println();
                Table corrections = Table.of("ADJUSTMENT", "AT", "KIND", ">AMOUNT", "BY", "REASON");
                for (JsonNode one : request.path("adjustments")) {
                    corrections.row(
                            Json.text(one, "id"),
                            Json.text(one, "created_at"),
                            Json.text(one, "direction"),
                            Json.text(one.path("amount"), "amount"),
                            Json.text(one, "actor"),
                            Json.text(one, "reason"));
                }
                corrections.print(out);
            }
        }
    }

    /// Writes all of them to a file.
    @Command(
            name = "export",
            description = "Export an organization's requests as CSV, with --json as NDJSON.")
    static final class Exports extends ApiCommand {
        @Mixin private Search search = new Search();

        @Parameters(paramLabel = "FILE", description = "The file; - is the output.")
        private String file = "";

        Exports(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Query query = search.query();
            query.add("format", json ? "ndjson" : "csv");
            Api api = management();
            String path = search.org.path(api) + "/requests/export";
            new Export(surroundings).save(api, query.behind(path), file);
            return Commands.DONE;
        }
    }
}
