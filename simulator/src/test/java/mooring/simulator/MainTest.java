package mooring.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {

    private static final long DEADLINE_SECONDS = 20;

    @Test
    void theProcessSaysWhereItListensAndEndsWellOnASignal() throws Exception {
        Process process = run("--model", "a");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            String line = out.readLine();
            assertThat(line).startsWith("engine simulator (for tests, not a model): http://");
            URI models = URI.create(line.substring(line.indexOf("http")) + "/v1/models");
            try (HttpClient client = HttpClient.newHttpClient()) {
                assertThat(
                                client.send(
                                                HttpRequest.newBuilder(models).build(),
                                                BodyHandlers.ofString())
                                        .body())
                        .contains("\"id\":\"a\"");
            }

            process.destroy();

            assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void aWrongStartIsOneClearLine(@TempDir Path folder) throws Exception {
        Path empty = Files.createFile(folder.resolve("keys"));
        try (EngineSimulator other = EngineSimulator.start(SimulatorOptions.defaults())) {
            String taken = String.valueOf(other.url().getPort());

            assertFails("no key in it", "--api-key-file", empty.toString());
            assertFails("cannot be written", "--log", folder.resolve("no/log").toString());
            assertFails("max-num-seqs: 0 (expected: at least 1)", "--max-num-seqs", "0");
            assertFails("in use", "--port", taken);
        }
    }

    private static void assertFails(String message, String... arguments) throws Exception {
        Process process = run(arguments);
        try {
            assertThat(process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                assertThat(out.lines()).hasSize(1).first().asString().contains(message);
            }
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx128m"));
        command.add("--sun-misc-unsafe-memory-access=allow");
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(Main.class.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
