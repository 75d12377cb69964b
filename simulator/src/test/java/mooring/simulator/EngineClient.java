package mooring.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/// What tests need to talk to an engine: requests, streams as lists of chunks, waiting.
final class EngineClient implements AutoCloseable {

    static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration DEADLINE = Duration.ofSeconds(20);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI url;

    EngineClient(EngineSimulator engine) {
        this.url = engine.url();
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A chat request with one user message and the other fields as given.
    static ObjectNode chat(String message, String fields) {
        ObjectNode body = (ObjectNode) json(fields);
        body.putArray("messages").addObject().put("role", "user").put("content", message);
        return body;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(url.resolve(path)).timeout(DEADLINE);
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> post(String path, JsonNode body) {
        return send(request(path).POST(BodyPublishers.ofString(body.toString())));
    }

    HttpResponse<String> get(String path) {
        return send(request(path).GET());
    }

    /// A chat answered with 200, as one body.
    JsonNode answer(JsonNode body) {
        HttpResponse<String> response = post("/v1/chat/completions", body);
        if (response.statusCode() != 200) {
            throw new AssertionError(response.statusCode() + ": " + response.body());
        }
        return json(response.body());
    }

    /// A chat answered as a stream that ends with `[DONE]`; that line is left out.
    List<JsonNode> stream(JsonNode body) {
        List<String> lines = lines(body);
        if (!lines.getLast().equals("[DONE]")) {
            throw new AssertionError("no [DONE]: " + lines);
        }
        return lines.subList(0, lines.size() - 1).stream().map(EngineClient::json).toList();
    }

    /// The data of each event of a streamed chat.
    List<String> lines(JsonNode body) {
        ((ObjectNode) body).put("stream", true);
        return events(post("/v1/chat/completions", body).body());
    }

    static List<String> events(String stream) {
        List<String> lines = new ArrayList<>();
        for (String event : stream.split("\n\n", -1)) {
            if (!event.isEmpty()) {
                lines.add(event.substring("data: ".length()));
            }
        }
        return lines;
    }

    static String content(List<JsonNode> chunks) {
        StringBuilder text = new StringBuilder();
        for (JsonNode chunk : chunks) {
            text.append(chunk.at("/choices/0/delta/content").asText(""));
        }
        return text.toString();
    }

    static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + DEADLINE);
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
