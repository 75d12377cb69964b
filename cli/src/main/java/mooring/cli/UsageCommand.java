package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What an organization used in a time, and what it cost.
@Command(
        name = "usage",
        description = "Show an organization's requests, tokens and cost, with totals.")
final class UsageCommand extends ApiCommand {
    private static final List<String> NUMBERS =
            List.of(
                    "requests",
                    "input_uncached_tokens",
                    "cache_read_tokens",
                    "cache_write_tokens",
                    "output_tokens",
                    "reasoning_tokens");

    /// The words to split by, and the field of a row that each fills.
    private static final Map<String, String> SPLITS =
            Map.of(
                    "model", "model",
                    "key", "key_id",
                    "project", "project_id",
                    "tier", "tier",
                    "class", "class",
                    "day", "day",
                    "hour", "start",
                    "minute", "start");

    @Mixin private OrgOption org = new OrgOption();

    @Mixin private Times times = new Times();

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description = "Whose days and hours are meant, as Pacific/Auckland (default: UTC).")
    private String zone = "UTC";

    @Option(
            names = "--by",
            paramLabel = "SPLIT",
            split = ",",
            description =
                    "Split by model, key, project, tier, class, and day, hour or minute; may be"
                            + " given more than once.")
    private Set<String> splits = new LinkedHashSet<>();

    @Mixin private Parts parts = new Parts();

    @Option(
            names = "--tier",
            paramLabel = "TIER",
            description = "Only standard, batch or priority.")
    private @Nullable String tier;

    @Option(
            names = "--export",
            paramLabel = "FILE",
            description = "Write the rows to FILE as CSV, with --json as NDJSON; - is the output.")
    private @Nullable String export;

    UsageCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        Query query = new Query();
        times.into(query, zone);
        if (!zone.equals("UTC")) {
            query.add("zone", zone);
        }
        for (String split : splits) {
            if (!SPLITS.containsKey(split)) {
                throw new MisuseException(
                        "--by: "
                                + split
                                + " (expected: model, key, project, tier, class, day, hour or"
                                + " minute).");
            }
            query.add("group_by", split);
        }
        parts.into(query);
        query.add("tier", tier);
        Api api = management();
        String path = org.path(api) + "/usage";
        if (export != null) {
            query.add("format", json ? "ndjson" : "csv");
            new Export(surroundings).save(api, query.behind(path + "/export"), export);
            return Commands.DONE;
        }
        ObjectNode report = api.get(query.behind(path));
        show(
                report,
                out -> {
                    Table table = Table.of(headings());
                    report.path("data").forEach(row -> table.row(cells(row, false)));
                    if (!splits.isEmpty()) {
                        table.row(cells(report.path("totals"), true));
                    }
                    table.print(out);
                    JsonNode adjusted = report.path("totals").path("adjusted");
                    if (!adjusted.path("amount").asText("0").matches("-?0(\\.0+)?")) {
                        out.println(
                                "Corrections booked in this time: "
                                        + Json.money(report.path("totals"), "adjusted"));
                    }
                });
        return Commands.DONE;
    }

    private String[] headings() {
        List<String> headings = new ArrayList<>();
        splits.forEach(split -> headings.add(split.toUpperCase(Locale.ROOT)));
        headings.addAll(
                List.of(
                        ">REQUESTS",
                        ">INPUT",
                        ">CACHE READ",
                        ">CACHE WRITE",
                        ">OUTPUT",
                        ">REASONING",
                        ">COST",
                        "CURRENCY"));
        return headings.toArray(String[]::new);
    }

    private List<String> cells(JsonNode row, boolean total) {
        List<String> cells = new ArrayList<>();
        for (String split : splits) {
            String label = cells.isEmpty() ? "total" : "";
            cells.add(total ? label : Json.text(row, String.valueOf(SPLITS.get(split))));
        }
        NUMBERS.forEach(field -> cells.add(Json.text(row, field)));
        cells.add(Json.text(row.path("cost"), "amount"));
        cells.add(Json.text(row.path("cost"), "currency"));
        return cells;
    }
}
