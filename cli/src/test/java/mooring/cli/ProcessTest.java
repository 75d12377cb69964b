package mooring.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The program as a process of its own: signals, locale, arguments.
final class ProcessTest {
    private static final long DEADLINE_SECONDS = 60;

    @TempDir Path folder = Path.of("");

    private final FakeServer server;

    ProcessTest() throws IOException {
        server = Samples.server();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void withoutALocaleQuestionAndAnswerKeepTheirCharacters() throws Exception {
        server.on(
                "POST /v1/chat/completions",
                Samples.stream(Samples.text("Tēnā koe 漢字 😀"), Samples.finish("stop"), "[DONE]"));
        Process process = start("chat", "Ngā 漢字 😀");

        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(out).startsWith("Tēnā koe 漢字 😀\n");
        assertThat(exitCode(process)).isZero();
        assertThat(server.bodyOf("/v1/chat/completions")).contains("\"Ngā 漢字 😀\"");
    }

    @Test
    void ctrlCStopsTheAnswerAndEndsWith130() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        server.on(
                "POST /v1/chat/completions",
                exchange -> {
                    try (OutputStream out = Samples.begin(exchange)) {
                        while (true) {
                            String event = "data: " + Samples.text("word ") + "\n\n";
                            out.write(event.getBytes(StandardCharsets.UTF_8));
                            out.flush();
                        }
                    } catch (IOException e) {
                        gone.countDown();
                    }
                });
        Process process = start("chat", "Go on");
        assertThat(process.getInputStream().readNBytes(5)).asString().isEqualTo("word ");

        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        process.getInputStream().readAllBytes();

        assertThat(exitCode(process)).isEqualTo(130);
        assertThat(gone.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void ctrlCKeepsWhatWasPulledAndTheSameCommandGoesOn() throws Exception {
        byte[] model = GgufBytes.tiny(4_096, 500_000);
        String[] pull = {"model", "pull", FakeHub.REPOSITORY, FakeHub.FILE};
        try (FakeHub hub = new FakeHub(model)) {
            hub.cuts(1, 200_000).stallsInsteadOfCutting();
            Process process = builder(Map.of("HF_ENDPOINT", hub.url()), pull).start();
            Path repository = folder.resolve(".mooring/models").resolve(FakeHub.REPOSITORY);
            awaitPart(repository, 200_000);

            new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
            String err =
                    new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(exitCode(process)).isEqualTo(130);
            assertThat(err)
                    .contains("mooring: Interrupted: 200 kB of 500 kB are kept in ")
                    .endsWith(".part; the same command goes on from there.\n");
            Process again = builder(Map.of("HF_ENDPOINT", hub.url()), pull).start();
            again.getErrorStream().readAllBytes();
            assertThat(exitCode(again)).isZero();
            assertThat(hub.ranges()).containsExactly("-", "bytes=200000-");
            assertThat(repository.resolve(FakeHub.FILE)).hasBinaryContent(model);
        }
    }

    private static void awaitPart(Path repository, long bytes) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        while (System.nanoTime() < deadline) {
            if (Files.exists(repository)) {
                try (var files = Files.list(repository)) {
                    if (files.anyMatch(file -> file.toFile().length() >= bytes)) {
                        return;
                    }
                }
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no part of " + bytes + " bytes in " + repository);
    }

    private Process start(String... arguments) throws IOException {
        return builder(Map.of(), arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private ProcessBuilder builder(Map<String, String> environment, String... arguments)
            throws IOException {
        Shell.beside(folder, server);
        List<String> command = new ArrayList<>();
        // A parent in the background hands on an ignored Ctrl-C, which Java would keep ignoring.
        command.addAll(List.of("env", "--default-signal=INT"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add("mooring.cli.Main");
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().put("LC_ALL", "C");
        builder.environment().remove("MOORING_KEY");
        builder.environment().remove("MOORING_DATA_DIR");
        builder.environment().putAll(environment);
        return builder;
    }

    private static int exitCode(Process process) throws InterruptedException {
        if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("still running after " + DEADLINE_SECONDS + " s");
        }
        return process.exitValue();
    }
}
