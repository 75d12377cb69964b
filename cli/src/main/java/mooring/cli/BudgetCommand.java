package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Budgets: what organizations, projects and keys may spend in a day or a month.
@Command(name = "budget", description = "Set, list and remove budgets.")
final class BudgetCommand extends GroupCommand {

    /// Puts a budget in force, or changes the one that is.
    @Command(
            name = "set",
            description = {
                "Limit what an organization, a project or a key may spend in a day or a month.",
                "A budget that is there already for the same gets the new limit."
            })
    static final class Set extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        @Mixin private SubjectOptions subject = new SubjectOptions();

        @Option(
                names = "--period",
                required = true,
                paramLabel = "PERIOD",
                description = "day or month, in the organization's time zone.")
        private String period = "";

        @Option(
                names = "--limit",
                required = true,
                paramLabel = "AMOUNT",
                description = "How much, in the organization's currency, such as 25.00.")
        private String limit = "";

        @Option(
                names = "--alerts",
                split = ",",
                paramLabel = "PERCENT",
                description =
                        "Percents of the limit at which an event says so, such as 50,80,100 (the"
                                + " default).")
        private @Nullable List<Integer> alerts;

        Set(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            check();
            Api api = management();
            String path = org.path(api);
            ObjectNode body = Json.object();
            subject.into(body, api, path);
            ObjectNode change = Json.object().put("limit", limit);
            if (alerts != null) {
                ArrayNode thresholds = change.putArray("thresholds");
                alerts.forEach(thresholds::add);
            }
            String existing = existing(api.list(path + "/budgets"), body);
            String once = UUID.randomUUID().toString();
            ObjectNode budget =
                    existing == null
                            ? api.write(
                                    path + "/budgets",
                                    body.put("period", period).setAll(change),
                                    once)
                            : api.change(path + "/budgets/" + Api.part(existing), change, once);
            show(budget, out -> fields(budget).print(out));
            return Commands.DONE;
        }

        private void check() {
            if (!period.equals("day") && !period.equals("month")) {
                throw new MisuseException("--period: " + period + " (expected: day or month).");
            }
            if (!limit.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
                throw new MisuseException(
                        "--limit: "
                                + limit
                                + " (expected: a decimal of 0 or more, with at most nine digits"
                                + " after the point, such as 25.00).");
            }
            subject.check();
        }

        /// The id of the budget for the same; null when there is none.
        private @Nullable String existing(ObjectNode budgets, ObjectNode subject) {
            for (JsonNode budget : budgets.path("data")) {
                boolean same =
                        budget.path("period").asText().equals(period)
                                && Json.text(budget, "project_id")
                                        .equals(Json.text(subject, "project_id"))
                                && Json.text(budget, "key_id").equals(Json.text(subject, "key_id"));
                if (same) {
                    return budget.path("id").asText();
                }
            }
            return null;
        }
    }

    /// Shows an organization's budgets and how much of them is used.
    @Command(name = "list", description = "List an organization's budgets with their current use.")
    static final class Lists extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            ObjectNode list = api.list(org.path(api) + "/budgets");
            show(
                    list,
                    out ->
                            Listing.of("BUDGET", "id")
                                    .add("FOR", row -> subject(row))
                                    .add("PERIOD", "period")
                                    .add(">LIMIT", row -> Json.text(row.path("limit"), "amount"))
                                    .add(">SPENT", row -> Json.text(row.path("spent"), "amount"))
                                    .add(">HELD", row -> Json.text(row.path("held"), "amount"))
                                    .add(">LEFT", row -> Json.text(row.path("left"), "amount"))
                                    .add(
                                            "CURRENCY",
                                            row -> Json.text(row.path("limit"), "currency"))
                                    .add("RESETS", "resets_at")
                                    .print(list, out));
            return Commands.DONE;
        }
    }

    /// Ends a budget.
    @Command(name = "remove", description = "End a budget: it limits nothing any more.")
    static final class Remove extends ApiCommand {
        @Parameters(
                paramLabel = "ID",
                description = "The budget's id, bud_…, as shown by: mooring budget list.")
        private String id = "";

        @Mixin private OrgOption org = new OrgOption();

        Remove(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            String path = org.path(api) + "/budgets/" + Api.part(id);
            ObjectNode budget = api.delete(path, UUID.randomUUID().toString());
            show(budget, out -> fields(budget).print(out));
            return Commands.DONE;
        }
    }

    private static Fields fields(ObjectNode budget) {
        return Fields.of("budget", Json.text(budget, "id"))
                .add("for", subject(budget))
                .add("period", Json.text(budget, "period"))
                .add("limit", Json.money(budget, "limit"))
                .add("spent", Json.money(budget, "spent"))
                .add("held", Json.money(budget, "held"))
                .add("left", Json.money(budget, "left"))
                .add("resets", Json.text(budget, "resets_at"));
    }

    private static String subject(JsonNode budget) {
        for (String id : List.of("project_id", "key_id")) {
            if (budget.path(id).isTextual()) {
                return budget.path(id).asText();
            }
        }
        return Json.text(budget, "organization_id");
    }
}
