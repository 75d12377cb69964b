package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
            Map.of("model", "model", "key", "key_id", "day", "day");

    @Option(
            names = "--org",
            required = true,
            paramLabel = "ORG",
            description = "The organization, by id or exact name.")
    private String organization = "";

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description =
                    "The first day or instant in UTC, as 2026-11-01 or 2026-11-01T09:00:00Z"
                            + " (default: the first day of this month).")
    private @Nullable String from;

    @Option(
            names = "--to",
            paramLabel = "TIME",
            description =
                    "The last day, included, or the instant before which to stop (default: now).")
    private @Nullable String to;

    @Option(
            names = "--by",
            paramLabel = "SPLIT",
            split = ",",
            description = "Split by model, key or day; may be given more than once.")
    private Set<String> splits = new LinkedHashSet<>();

    UsageCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    public Integer call() {
        List<String> query = new ArrayList<>();
        if (from != null) {
            query.add("from=" + Api.part(instant("--from", from, 0)));
        }
        if (to != null) {
            query.add("to=" + Api.part(instant("--to", to, 1)));
        }
        for (String split : splits) {
            if (!SPLITS.containsKey(split)) {
                throw new MisuseException("--by: " + split + " (expected: model, key or day).");
            }
            query.add("group_by=" + split);
        }
        Api api = management();
        String path = Organizations.path(api, organization) + "/usage";
        ObjectNode report = api.get(query.isEmpty() ? path : path + "?" + String.join("&", query));
        show(
                report,
                out -> {
                    Table table = Table.of(headings());
                    report.path("data").forEach(row -> table.row(cells(row, false)));
                    if (!splits.isEmpty()) {
                        table.row(cells(report.path("totals"), true));
                    }
                    table.print(out);
                });
        return Commands.DONE;
    }

    /// A day stands for its first instant; as an end, days later.
    private static String instant(String option, String text, long daysLater) {
        try {
            if (!text.contains("T")) {
                LocalDate day = LocalDate.parse(text).plusDays(daysLater);
                return day.atStartOfDay(ZoneOffset.UTC).toInstant().toString();
            }
            return Instant.parse(text).toString();
        } catch (DateTimeException e) {
            throw new MisuseException(
                    option
                            + ": "
                            + text
                            + " (expected: a day such as 2026-11-01, or an instant such as"
                            + " 2026-11-01T09:00:00Z).");
        }
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
