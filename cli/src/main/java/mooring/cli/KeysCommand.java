package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// API keys: what a program of an organization asks with.
@Command(name = "keys", description = "Create, list and revoke API keys.")
final class KeysCommand extends GroupCommand {

    /// Makes a key and shows its secret, this one time.
    @Command(
            name = "create",
            description = "Create an API key. Its secret is shown once, and cannot be read again.")
    static final class Create extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        @Option(
                names = "--name",
                required = true,
                paramLabel = "NAME",
                description = "What the key is for, such as \"laptop\".")
        private String name = "";

        @Option(
                names = "--project",
                paramLabel = "PROJECT",
                description =
                        "The project that it belongs to, by id or exact name (default: the"
                                + " organization's standard one).")
        private @Nullable String project;

        Create(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            String path = org.path(api);
            ObjectNode body = Json.object().put("name", name);
            if (project != null) {
                body.put("project_id", Projects.id(api, path, project));
            }
            ObjectNode made = api.write(path + "/keys", body, UUID.randomUUID().toString());
            if (!made.path("secret").isTextual()) {
                // The first answer was lost, and a repeated one never holds the secret.
                String id = Json.text(made, "id");
                throw new Refusal(
                        "The key "
                                + id
                                + " was made, but its secret was lost with the connection: use"
                                + " mooring keys revoke "
                                + id
                                + ", then create another.");
            }
            show(
                    made,
                    out -> {
                        Fields.of("key", Json.text(made, "id"))
                                .add("organization", Json.text(made, "organization_id"))
                                .add("project", Json.text(made, "project_id"))
                                .add("name", Json.text(made, "name"))
                                .add("secret", Json.text(made, "secret"))
                                .print(out);
                        out.println();
                        out.println("Keep the secret now: it is not shown again.");
                    });
            return Commands.DONE;
        }
    }

    /// Shows an organization's keys, by what they begin with.
    @Command(name = "list", description = "List an organization's keys, revoked ones included.")
    static final class Lists extends ApiCommand {
        @Mixin private OrgOption org = new OrgOption();

        Lists(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            Api api = management();
            ObjectNode list = api.list(org.path(api) + "/keys");
            show(
                    list,
                    out ->
                            Listing.of("KEY", "id")
                                    .add("NAME", "name")
                                    .add("PROJECT", "project_id")
                                    .add("BEGINS", "prefix")
                                    .add("CREATED", "created_at")
                                    .add("LAST USED", "last_used_at")
                                    .add("REVOKED", "revoked_at")
                                    .print(list, out));
            return Commands.DONE;
        }
    }

    /// Stops a key.
    @Command(
            name = "revoke",
            description = "Revoke a key: it stops within a second, and cannot be brought back.")
    static final class Revoke extends ApiCommand {
        @Parameters(
                paramLabel = "ID",
                description = "The key's id, key_…, as shown by: mooring keys list.")
        private String id = "";

        Revoke(Surroundings surroundings) {
            super(surroundings);
        }

        @Override
        public Integer call() {
            if (!id.startsWith("key_")) {
                // Not repeated: people paste the secret itself here.
                throw new MisuseException("ID must be a key's id, which begins with key_.");
            }
            String path = "/api/v1/keys/" + Api.part(id) + "/revoke";
            ObjectNode key = management().write(path, null, UUID.randomUUID().toString());
            show(
                    key,
                    out ->
                            Fields.of("key", Json.text(key, "id"))
                                    .add("name", Json.text(key, "name"))
                                    .add("revoked", Json.text(key, "revoked_at"))
                                    .print(out));
            return Commands.DONE;
        }
    }
}
