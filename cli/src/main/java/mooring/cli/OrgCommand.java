package mooring.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Organizations: the customers that own keys and money.
@Command(name = "org", description = "Create and list organizations, set their time zones.")
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

        @Option(
                names = "--zone",
                paramLabel = "ZONE",
                description =
                        "The time zone of its days and months, such as Pacific/Auckland (default:"
                                + " UTC).")
        private @Nullable String zone;

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            ObjectNode body = Json.object().put("name", name);
            if (currency != null) {
                body.put("currency", currency);
            }
            if (zone != null) {
                body.put("zone", zone);
            }
            ObjectNode made =
                    management().write(Organizations.PATH, body, UUID.randomUUID().toString());
            show(
                    made,
                    out -> {
                        Fields.of("organization", Json.text(made, "id"))
                                .add("name", Json.text(made, "name"))
                                .add("currency", Json.text(made, "currency"))
                                .add("zone", Json.text(made, "zone"))
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
                    out ->
                            Listing.of("ORGANIZATION", "id")
                                    .add("NAME", "name")
                                    .add(
                                            ">AVAILABLE",
                                            row -> Json.text(row.path("balance"), "available"))
                                    .add(">HELD", row -> Json.text(row.path("balance"), "held"))
                                    .add("CURRENCY", "currency")
                                    .add("ZONE", "zone")
                                    .add("CREATED", "created_at")
                                    .print(list, out));
            return Commands.DONE;
        }
    }

    /// Says from where an organization's keys may be used.
    @Command(
            name = "allow",
            description = {
                "Replace the networks from which an organization's keys may be used.",
                "Without any, show them; the word all takes the restriction away."
            })
    static final class Allow extends ApiCommand {
        private static final String ALL = "all";

        @Parameters(
                index = "0",
                paramLabel = "ORG",
                description = "The organization, by id or exact name.")
        private String organization = "";

        @Parameters(
                index = "1..*",
                arity = "0..100",
                paramLabel = "NETWORK",
                description = "An address or a range, such as 10.0.0.0/8 or 2001:db8::/32.")
        private List<String> networks = new ArrayList<>();

        Allow(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            String path = Organizations.path(api, organization) + "/allowlist";
            ObjectNode allowlist;
            if (networks.isEmpty()) {
                allowlist = api.get(path);
            } else {
                ObjectNode body = Json.object();
                ArrayNode given = body.putArray("networks");
                if (!networks.equals(List.of(ALL))) {
                    networks.forEach(given::add);
                }
                allowlist = api.change(path, body, UUID.randomUUID().toString());
            }
            show(
                    allowlist,
                    out -> {
                        if (allowlist.path("networks").isEmpty()) {
                            out.println("from everywhere");
                        }
                        allowlist
                                .path("networks")
                                .forEach(each -> out.println(Text.oneLine(each.asText())));
                    });
            return Commands.DONE;
        }
    }

    /// Moves an organization to another time zone.
    @Command(
            name = "zone",
            description = {
                "Change the time zone in which an organization's days and months begin.",
                "Those under way end as they would have ended."
            })
    static final class Zone extends ApiCommand {
        @Parameters(
                index = "0",
                paramLabel = "ORG",
                description = "The organization, by id or exact name.")
        private String organization = "";

        @Parameters(
                index = "1",
                paramLabel = "ZONE",
                description = "The time zone's name, such as Pacific/Auckland or UTC.")
        private String zone = "";

        Zone(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            ObjectNode changed =
                    api.change(
                            Organizations.path(api, organization),
                            Json.object().put("zone", zone),
                            UUID.randomUUID().toString());
            show(
                    changed,
                    out ->
                            Fields.of("organization", Json.text(changed, "id"))
                                    .add("name", Json.text(changed, "name"))
                                    .add("zone", Json.text(changed, "zone"))
                                    .print(out));
            return Commands.DONE;
        }
    }
}
