package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Projects: parts of an organization with keys, usage and budgets of their own.
@Command(name = "project", description = "Create and list projects.")
final class ProjectCommand extends GroupCommand {

    /// Makes a project.
    @Command(name = "create", description = "Create a project of an organization.")
    static final class Create extends ApiCommand {
        @Parameters(paramLabel = "NAME", description = "Its name, which no other one there has.")
        private String name = "";

        @Mixin private OrgOption org = new OrgOption();

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            String path = org.path(api) + "/projects";
            ObjectNode body = Json.object().put("name", name);
            ObjectNode made = api.write(path, body, UUID.randomUUID().toString());
            show(
                    made,
                    out ->
                            Fields.of("project", Json.text(made, "id"))
                                    .add("organization", Json.text(made, "organization_id"))
                                    .add("name", Json.text(made, "name"))
                                    .print(out));
            return Commands.DONE;
        }
    }

    /// Shows an organization's projects.
    @Command(
            name = "list",
            description = "List an organization's projects, the standard one first.")
    static final class Lists extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            ObjectNode list = api.list(org.path(api) + "/projects");
            show(
                    list,
                    out ->
                            Listing.of("PROJECT", "id")
                                    .add("NAME", "name")
                                    .add(
                                            "STANDARD",
                                            row -> row.path("standard").asBoolean() ? "yes" : "-")
                                    .add("CREATED", "created_at")
                                    .print(list, out));
            return Commands.DONE;
        }
    }
}
