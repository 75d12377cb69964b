package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Limits: how many requests and tokens organizations, projects and keys may have.
@Command(name = "limits", description = "Show and set limits on requests and tokens.")
final class LimitsCommand extends GroupCommand {

    private static final List<String> KINDS = List.of("concurrency", "rpm", "tpm", "tpd");
    private static final String NONE = "none";

    /// Shows everything that limits an organization.
    @Command(
            name = "show",
            description = "Show an organization's tier, its limits, and those of its parts.")
    static final class Show extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        Show(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            ObjectNode limits = api.get(org.path(api) + "/limits");
            show(limits, out -> LimitsCommand.print(limits, out));
            return Commands.DONE;
        }
    }

    /// Sets limits of one subject, or gives the organization a tier.
    @Command(
            name = "set",
            description = {
                "Set limits of an organization, or of one of its projects, keys or models.",
                "What is not given stays; none takes a limit away again."
            })
    static final class Set extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        @Mixin private SubjectOptions subject = new SubjectOptions();

        @Option(
                names = "--model",
                paramLabel = "MODEL",
                description = "Its use of one model, instead of all of it.")
        private @Nullable String model;

        @Option(
                names = "--tier",
                paramLabel = "TIER",
                description =
                        "A tier of the catalogue, whatever was paid in; none for the one that was"
                                + " reached by what was paid in.")
        private @Nullable String tier;

        @Option(
                names = "--concurrency",
                paramLabel = "N",
                description = "Requests that may run at the same time, or none.")
        private @Nullable String concurrency;

        @Option(
                names = "--rpm",
                paramLabel = "N",
                description = "Requests in any 60 seconds, or none.")
        private @Nullable String rpm;

        @Option(
                names = "--tpm",
                paramLabel = "N",
                description = "Tokens of prompt and answer in any 60 seconds, or none.")
        private @Nullable String tpm;

        @Option(
                names = "--tpd",
                paramLabel = "N",
                description = "The same in a day of the organization's time zone, or none.")
        private @Nullable String tpd;

        Set(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode body = Json.object();
            put(body, "concurrency", concurrency);
            put(body, "rpm", rpm);
            put(body, "tpm", tpm);
            put(body, "tpd", tpd);
            if (tier != null) {
                body.put("tier", tier.equals(NONE) ? null : tier);
            }
            if (body.isEmpty()) {
                throw new MisuseException(
                        "Give at least one of --concurrency, --rpm, --tpm, --tpd and --tier.");
            }
            subject.check();
            if (model != null) {
                if (subject.given()) {
                    throw new MisuseException("--project, --key and --model exclude each other.");
                }
                body.put("model", model);
            }
            Api api = management();
            String path = org.path(api);
            subject.into(body, api, path);
            ObjectNode limits = api.change(path + "/limits", body, UUID.randomUUID().toString());
            show(limits, out -> LimitsCommand.print(limits, out));
            return Commands.DONE;
        }

        private static void put(ObjectNode body, String kind, @Nullable String limit) {
            if (limit == null) {
                return;
            }
            if (limit.equals(NONE)) {
                body.putNull(kind);
            } else if (limit.matches("[1-9][0-9]{0,11}")) {
                body.put(kind, Long.parseLong(limit));
            } else {
                throw new MisuseException(
                        "--"
                                + kind
                                + ": "
                                + limit
                                + " (expected: a whole number from 1, or none).");
            }
        }
    }

    private static void print(ObjectNode limits, PrintStream out) {
        String given = limits.path("given_tier").isTextual() ? " (given)" : "";
        Fields.of("organization", Json.text(limits, "organization_id"))
                .add("recharged", Json.money(limits, "recharged"))
                .add("tier", Json.text(limits, "tier") + given)
                .print(out);
        out.println();
        Table table = Table.of("FOR", ">CONCURRENCY", ">RPM", ">TPM", ">TPD");
        row(table, "organization", limits.path("limits"));
        for (JsonNode model : limits.path("models")) {
            row(table, Json.text(model, "model"), model);
        }
        for (JsonNode own : limits.path("own")) {
            for (String id : List.of("project_id", "key_id")) {
                if (own.path(id).isTextual()) {
                    row(table, Json.text(own, id), own);
                }
            }
        }
        table.print(out);
    }

    private static void row(Table table, String subject, JsonNode limits) {
        table.row(
                subject,
                Json.text(limits, KINDS.get(0)),
                Json.text(limits, KINDS.get(1)),
                Json.text(limits, KINDS.get(2)),
                Json.text(limits, KINDS.get(3)));
    }
}
