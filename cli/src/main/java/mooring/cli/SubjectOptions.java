package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// A part of an organization, instead of all of it: one of its projects, or one of its keys.
final class SubjectOptions {
    @Option(
            names = "--project",
            paramLabel = "PROJECT",
            description = "One of its projects, by id or exact name, instead of all of it.")
    private @Nullable String project;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "One of its keys, by id, instead of all of it.")
    private @Nullable String key;

    /// Whether a part was given.
    boolean given() {
        return project != null || key != null;
    }

    /// @throws MisuseException when both were given, or what is no key's id
    void check() {
        if (project != null && key != null) {
            throw new MisuseException("--project and --key exclude each other.");
        }
        if (key != null && !key.startsWith("key_")) {
            // Not repeated: people paste the secret itself here.
            throw new MisuseException("--key must be a key's id, which begins with key_.");
        }
    }

    /// Names the part in a request's body.
    ///
    /// @param organization the organization's path
    void into(ObjectNode body, Api api, String organization) {
        if (project != null) {
            body.put("project_id", Projects.id(api, organization, project));
        }
        if (key != null) {
            body.put("key_id", key);
        }
    }
}
