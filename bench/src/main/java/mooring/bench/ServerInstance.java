package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One running server on a data folder, started from its jar as the launcher starts it.
final class ServerInstance {

    private static final Duration READY = Duration.ofMinutes(1);
    private static final Duration READINESS = Duration.ofSeconds(10);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration STOP = Duration.ofSeconds(30);

    private final Path dataDir;
    private final Process process;
    private final JsonNode state;
    private final Duration startTook;

    private ServerInstance(Path dataDir, Process process, JsonNode state, Duration startTook) {
        this.dataDir = dataDir;
        this.process = process;
        this.state = state;
        this.startTook = startTook;
    }

    /// Starts a server and returns when it says that it is ready.
    ///
    /// @param catalog null for the bundled model
    static ServerInstance start(
            Workbench bench, Path dataDir, @Nullable Path catalog, @Nullable Path prices)
            throws IOException, InterruptedException {
        return start(bench, dataDir, 0, catalog, prices, List.of());
    }

    /// @param port 0 for any free one
    /// @param flags further ones, as on the command line
    static ServerInstance start(
            Workbench bench,
            Path dataDir,
            int port,
            @Nullable Path catalog,
            @Nullable Path prices,
            List<String> flags)
            throws IOException, InterruptedException {
        Project project = bench.project();
        List<String> command = bench.java();
        if (Files.isRegularFile(project.serverCache())
                && Files.getLastModifiedTime(project.serverCache())
                                .compareTo(Files.getLastModifiedTime(project.serverJar()))
                        > 0) {
            command.add("-Xlog:disable");
            command.add("-XX:AOTCache=" + project.serverCache());
        }
        command.addAll(List.of("-jar", project.serverJar().toString(), "serve"));
        command.addAll(List.of("--data-dir", dataDir.toString()));
        command.addAll(List.of("--port", Integer.toString(port), "--admin-port", "0"));
        command.addAll(List.of("--engines-dir", project.engines().toString()));
        if (catalog != null) {
            command.addAll(List.of("--catalog", catalog.toString()));
        }
        if (prices != null) {
            command.addAll(List.of("--prices", prices.toString()));
        }
        command.addAll(flags);
        Path log = bench.folder().resolve("server-output.log");
        long start = System.nanoTime();
        Process process = bench.start(command, log);
        while (true) {
            JsonNode state = state(dataDir);
            if (state.path("pid").asLong() == process.pid()
                    && state.path("state").asText().equals("ready")) {
                return new ServerInstance(
                        dataDir, process, state, Duration.ofNanos(System.nanoTime() - start));
            }
            if (!process.isAlive() || System.nanoTime() - start > READY.toNanos()) {
                throw new IllegalStateException(
                        "the server is not ready; it said: " + Files.readString(log).strip());
            }
            Thread.sleep(5);
        }
    }

    private static JsonNode state(Path dataDir) throws IOException {
        try {
            return Json.read(Files.readString(dataDir.resolve("state.json")));
        } catch (NoSuchFileException e) {
            return Json.MAPPER.missingNode();
        }
    }

    Path dataDir() {
        return dataDir;
    }

    long pid() {
        return process.pid();
    }

    Duration startTook() {
        return startTook;
    }

    URI baseUrl() {
        return URI.create(state.path("baseUrl").asText());
    }

    /// The embedded database that it keeps.
    InstanceDatabase database() {
        return new InstanceDatabase(dataDir);
    }

    /// Whether `/readyz` says so at this moment; what it says otherwise is in the result.
    Readiness readiness() {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(state.path("adminUrl").asText() + "/readyz"))
                        .timeout(READINESS)
                        .build();
        try {
            HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            return new Readiness(answer.statusCode() == 200, answer.body());
        } catch (IOException e) {
            return new Readiness(false, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    record Readiness(boolean ready, String text) {}

    /// What lives in its heap, found by a full collection.
    double liveHeapMebibytes(Workbench bench) throws IOException, InterruptedException {
        Path out = bench.folder().resolve("heap.txt");
        Process histogram =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                                Long.toString(pid()),
                                "GC.class_histogram")
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        if (!histogram.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
            histogram.destroyForcibly();
        }
        // The last line: "Total  <objects>  <bytes>".
        List<String> lines = Files.readAllLines(out);
        String[] total = lines.getLast().strip().split("\\s+", -1);
        if (total.length != 3 || !total[0].equals("Total")) {
            throw new IllegalStateException("no heap histogram: " + lines.getLast());
        }
        return Long.parseLong(total[2]) / (1024.0 * 1024);
    }

    /// The sum of a metric over all its labels.
    double metric(String name) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(state.path("adminUrl").asText() + "/metrics"))
                        .timeout(READINESS)
                        .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofLines())
                .body()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    Operator operator() throws IOException {
        return new Operator(baseUrl(), Files.readString(dataDir.resolve("operator-key")).strip());
    }

    String firstKey() throws IOException {
        return Files.readString(dataDir.resolve("first-key")).strip();
    }

    /// The address of the engine that runs here as a child, and the key that it asks for.
    DirectEngine engine() throws IOException {
        JsonNode engine = state.path("engines").path(0);
        String key;
        try (var files = Files.list(dataDir.resolve("engines"))) {
            Path file =
                    files.filter(path -> path.toString().endsWith(".key"))
                            .findFirst()
                            .orElseThrow(() -> new IllegalStateException("no engine key"));
            key = Files.readString(file).strip();
        }
        return new DirectEngine(
                URI.create(engine.path("url").asText()), key, engine.path("model").asText());
    }

    record DirectEngine(URI url, String key, String model) {}

    /// SIGKILL, as the kernel or a power cut would end it.
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /// Until a server that is stopping by itself has gone.
    void awaitEnd() throws InterruptedException {
        if (!process.waitFor(READY.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("process " + pid() + " does not end");
        }
    }

    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException(
                    "the server did not stop within " + STOP.toSeconds() + " s");
        }
    }
}
