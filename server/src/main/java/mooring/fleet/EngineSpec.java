package mooring.fleet;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// An engine that shall run on this machine: its command and where it will answer.
///
/// In `command`, the values of `environment` and `url` the text `{port}` stands for the port chosen
/// at each start.
///
/// @param url such as `http://127.0.0.1:{port}`
/// @param healthPath answers 200 when the engine serves and 503 while it loads
/// @param key what the engine demands of its callers; written to `keyFile` before each start, and
///   never part of the command
public record EngineSpec(
        String name,
        List<String> command,
        Map<String, String> environment,
        String url,
        String healthPath,
        String key,
        Path keyFile,
        Path logFile) {
    static final String PORT = "{port}";

    public EngineSpec {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
        Objects.requireNonNull(name);
        if (!healthPath.startsWith("/")) {
            throw new IllegalArgumentException(
                    name + ": health path: " + healthPath + " (expected: a path such as /health)");
        }
        if (!url.startsWith("http://")) {
            throw new IllegalArgumentException(
                    name + ": url: " + url + " (expected: http://127.0.0.1:{port})");
        }
        for (String word : command) {
            if (word.contains(key)) {
                throw new IllegalArgumentException(
                        name
                                + ": the key stands in the command, which is public (expected: a path"
                                + " of the key file)");
            }
        }
    }

    @Override
    public String toString() {
        return "EngineSpec[" + name + "]";
    }
}
