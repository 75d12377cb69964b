package mooring.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// A shell in a working folder of its own, in which commands run inside this process.
final class Shell {
    /// What a command left behind.
    record Result(int exitCode, String out, String err) {}

    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();
    private byte[] input = new byte[0];
    private boolean inputIsTerminal = true;
    private boolean outputIsTerminal;

    Shell(Path folder) {
        this.folder = folder;
    }

    /// A shell beside a running instance's `.mooring`.
    static Shell beside(Path folder, FakeServer server) throws IOException {
        Shell shell = new Shell(folder);
        shell.instance(".mooring", server.url());
        return shell;
    }

    void instance(String name, String url) throws IOException {
        Path data = Files.createDirectories(folder.resolve(name));
        Files.writeString(data.resolve("state.json"), "{\"baseUrl\": \"" + url + "\"}");
        Files.writeString(data.resolve("operator-key"), FakeServer.OPERATOR_KEY + "\n");
        Files.writeString(data.resolve("first-key"), FakeServer.API_KEY + "\n");
    }

    Shell set(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Shell pipe(String text) {
        input = text.getBytes(StandardCharsets.UTF_8);
        inputIsTerminal = false;
        return this;
    }

    Shell onTerminal() {
        outputIsTerminal = true;
        return this;
    }

    Result run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode;
        try (PrintStream outStream = new PrintStream(out, false, StandardCharsets.UTF_8);
                PrintStream errStream = new PrintStream(err, false, StandardCharsets.UTF_8)) {
            exitCode =
                    Commands.run(
                            new Surroundings(
                                    environment,
                                    folder,
                                    new ByteArrayInputStream(input),
                                    outStream,
                                    errStream,
                                    () -> inputIsTerminal,
                                    () -> outputIsTerminal),
                            arguments);
        }
        return new Result(
                exitCode,
                out.toString(StandardCharsets.UTF_8),
                err.toString(StandardCharsets.UTF_8));
    }
}
