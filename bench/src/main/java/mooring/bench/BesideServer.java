package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A part of a measurement that uses the server's own classes: a process of its own with the
/// server's jar on its class path, which says in one line of JSON what it found.
final class BesideServer {

    private static final long MINUTES = 20;

    private BesideServer() {}

    /// @param main its class; the last line that it prints is its finding
    static JsonNode run(Workbench bench, Class<?> main, String... words)
            throws IOException, InterruptedException {
        String name = main.getSimpleName();
        Path log = bench.folder().resolve(name + ".log");
        List<String> command = bench.java();
        command.add("-cp");
        command.add(
                System.getProperty("java.class.path")
                        + File.pathSeparator
                        + bench.project().serverJar());
        command.add(main.getName());
        command.addAll(List.of(words));
        Process process = bench.start(command, log);
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            throw new IllegalStateException(
                    "%s: not done within %d minutes, or failed: %s"
                            .formatted(name, MINUTES, Files.readString(log)));
        }
        return Json.read(Files.readAllLines(log).getLast());
    }
}
