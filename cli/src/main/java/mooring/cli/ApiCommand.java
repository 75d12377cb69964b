package mooring.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// A command that calls the API: where it finds the instance, and how it shows an answer.
@Command(sortOptions = false)
abstract class ApiCommand implements Callable<Integer> {
    final Surroundings surroundings;

    @Option(
            names = "--json",
            order = 100,
            description = "Print the API's own JSON instead of text.")
    boolean json;

    @Option(
            names = "--data-dir",
            order = 101,
            paramLabel = "DIR",
            description = "The instance's data folder (default: $MOORING_DATA_DIR, else .mooring).")
    private @Nullable String dataDir;

    @Option(
            names = "--url",
            order = 102,
            paramLabel = "URL",
            description = "The server's address instead; the key is then read from MOORING_KEY.")
    private @Nullable String url;

    @Option(
            names = {"-h", "--help"},
            order = 103,
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    ApiCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /// The instance's API with the credential for management.
    Api management() {
        Instance instance = instance();
        return new Api(instance, instance.operator());
    }

    /// The instance's API with an organization's key.
    Api models() {
        Instance instance = instance();
        return new Api(instance, instance.developer());
    }

    /// Prints the answer as JSON where that was asked for, else as text.
    void show(ObjectNode answer, Consumer<PrintStream> asText) {
        PrintStream out = surroundings.out();
        if (json) {
            out.println(Json.pretty(answer));
        } else {
            asText.accept(out);
        }
        out.flush();
    }

    private Instance instance() {
        if (url != null && dataDir != null) {
            throw new MisuseException("--url and --data-dir exclude each other.");
        }
        if (url == null) {
            return Instance.in(surroundings, dataDir);
        }
        try {
            return Instance.at(surroundings, url);
        } catch (IllegalArgumentException e) {
            throw new MisuseException("--url: " + e.getMessage());
        }
    }
}
