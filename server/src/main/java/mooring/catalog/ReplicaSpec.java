package mooring.catalog;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How a replica of a model comes about.
public sealed interface ReplicaSpec {

    EngineKind engine();

    /// The model's name on that engine, null where it is the public one.
    @Nullable String engineModel();

    /// Requests that it runs at once; more wait in the gateway.
    int slots();

    /// Whether who runs it bills all of an answer, cancelled or not.
    default boolean billsCancelled() {
        return false;
    }

    /// A local command that Mooring starts and watches. Placeholders `{port}`, `{key_file}`,
    /// `{engines}` and `{python}` stand for what is known only at the start.
    record Command(
            EngineKind engine,
            @Nullable String engineModel,
            int slots,
            List<String> command,
            Map<String, String> environment)
            implements ReplicaSpec {
        public Command {
            command = List.copyOf(command);
            environment = Map.copyOf(environment);
        }
    }

    /// An engine that runs elsewhere.
    ///
    /// @param url its base address, without `/v1`
    /// @param keyFile a file with its API key, null when it asks for none
    record Address(
            EngineKind engine,
            @Nullable String engineModel,
            int slots,
            URI url,
            @Nullable Path keyFile,
            boolean billsCancelled)
            implements ReplicaSpec {

        /// One that a cancelled answer costs nothing further.
        public Address(
                EngineKind engine,
                @Nullable String engineModel,
                int slots,
                URI url,
                @Nullable Path keyFile) {
            this(engine, engineModel, slots, url, keyFile, false);
        }
    }
}
