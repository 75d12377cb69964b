package mooring.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Everything that a command sees of the machine it runs on, besides the network.
record Surroundings(
        Map<String, String> environment,
        Path workingFolder,
        InputStream in,
        PrintStream out,
        PrintStream err,
        BooleanSupplier inputIsTerminal,
        BooleanSupplier outputIsTerminal) {

    Surroundings {
        environment = Map.copyOf(environment);
    }

    /// The variable's value; null when unset or empty.
    @Nullable String variable(String name) {
        String value = environment.get(name);
        return value == null || value.isBlank() ? null : value.strip();
    }
}
