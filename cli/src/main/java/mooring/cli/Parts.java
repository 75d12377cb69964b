package mooring.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which part of an organization's requests is meant.
final class Parts {
    @Option(names = "--model", paramLabel = "MODEL", description = "Only requests to this model.")
    private @Nullable String model;

    @Option(names = "--key", paramLabel = "KEY", description = "Only requests with this key's id.")
    private @Nullable String key;

    @Option(
            names = "--project",
            paramLabel = "PROJECT",
            description = "Only requests of this project's id.")
    private @Nullable String project;

    void into(Query query) {
        query.add("model", model);
        query.add("key_id", key);
        query.add("project_id", project);
    }
}
