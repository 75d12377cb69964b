package mooring.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A simulated engine as a process of its own, and the log that it keeps.
final class Simulator {

    static final String MODEL = "scripted";

    private static final Duration READY = Duration.ofSeconds(30);
    private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:\\d+");

    private final URI url;
    private final Path log;

    private Simulator(URI url, Path log) {
        this.url = url;
        this.log = log;
    }

    static Simulator start(Workbench bench) throws IOException, InterruptedException {
        Path output = bench.folder().resolve("simulator-output.log");
        Path log = bench.folder().resolve("simulator.jsonl");
        List<String> command = bench.java();
        command.addAll(List.of("-jar", bench.project().simulatorJar().toString()));
        command.addAll(List.of("--model", MODEL, "--log", log.toString()));
        Process process = bench.start(command, output);
        long deadline = System.nanoTime() + READY.toNanos();
        while (true) {
            Matcher address = ADDRESS.matcher(Files.readString(output));
            if (address.find()) {
                return new Simulator(URI.create(address.group()), log);
            }
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "the simulator is not ready; it said: " + Files.readString(output));
            }
            Thread.sleep(10);
        }
    }

    URI url() {
        return url;
    }

    /// Requests that it still works on.
    int open() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request =
                    HttpRequest.newBuilder(url.resolve("/simulator/log?last=1"))
                            .timeout(READY)
                            .build();
            return Json.read(http.send(request, HttpResponse.BodyHandlers.ofString()).body())
                    .path("open")
                    .asInt();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /// All that it generated so far, by the label of each request.
    Map<String, List<Generated>> log() throws IOException {
        Map<String, List<Generated>> byLabel = new HashMap<>();
        for (String line : Files.readAllLines(log)) {
            Generated generated = Generated.of(Json.read(line));
            byLabel.computeIfAbsent(generated.label(), _ -> new ArrayList<>()).add(generated);
        }
        return byLabel;
    }

    /// Writes a catalogue with this engine as the one replica of its model, and prices.
    Offer offer(Workbench bench, String moreModels, String morePrices) throws IOException {
        Path catalog = bench.folder().resolve("catalog.yaml");
        Path prices = bench.folder().resolve("prices.yaml");
        Files.writeString(
                catalog,
                """
                models:
                  - id: %s
                    context_length: 131072
                    capabilities: [tools, json_schema, logprobs, reasoning]
                    replicas:
                      - engine: vllm
                        url: %s
                """
                                .formatted(MODEL, url)
                        + moreModels);
        Files.writeString(
                prices,
                """
                currency: USD
                models:
                  %s: {input: "0.573", cache_read: "0.057301", output: "2.411303"}
                """
                                .formatted(MODEL)
                        + morePrices);
        return new Offer(catalog, prices);
    }

    record Offer(Path catalog, Path prices) {}
}
