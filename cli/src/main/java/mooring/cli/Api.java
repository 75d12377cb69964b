package mooring.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The HTTP API of one instance, called with one credential. Answers are JSON objects; anything
/// else becomes a refusal that says what to do next.
final class Api {
    static final Duration ANSWER_DEADLINE = Duration.ofSeconds(60);

    private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(10);
    private static final int MAX_ANSWER_BYTES = 64 << 20;
    private static final int MAX_ERROR_BYTES = 1 << 20;
    private static final int MAX_PAGES = 1_000;
    private static final int PAGE_ROWS = 200;

    /// A write is sent once more, with the same idempotency key, when its answer was lost.
    private static final int WRITE_ATTEMPTS = 2;

    private final Instance instance;
    private final Credential credential;
    private final HttpClient client;

    Api(Instance instance, Credential credential) {
        this.instance = instance;
        this.credential = credential;
        this.client = client(instance.address());
    }

    private static HttpClient client(URI address) {
        HttpClient.Builder builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_DEADLINE);
        if ("http".equals(address.getScheme())) {
            builder.sslContext(new NoTls());
        }
        return builder.build();
    }

    /// One part of a path or query, escaped.
    static String part(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    ObjectNode get(String path) {
        return exchange(request(path).GET().build(), ANSWER_DEADLINE);
    }

    ObjectNode post(String path, @Nullable ObjectNode body, Duration deadline) {
        return exchange(posting(path, body).build(), deadline);
    }

    /// A write that may safely be repeated, since the server knows it by its idempotency key.
    ObjectNode write(String path, @Nullable ObjectNode body, String idempotencyKey) {
        return write(posting(path, body), idempotencyKey);
    }

    /// Changes what is at this path, as safely.
    ObjectNode change(String path, ObjectNode body, String idempotencyKey) {
        HttpRequest.Builder request =
                request(path)
                        .header("Content-Type", "application/json")
                        .method("PATCH", BodyPublishers.ofByteArray(Json.bytes(body)));
        return write(request, idempotencyKey);
    }

    /// Ends what is at this path, as safely.
    ObjectNode delete(String path, String idempotencyKey) {
        return write(request(path).DELETE(), idempotencyKey);
    }

    private ObjectNode write(HttpRequest.Builder prepared, String idempotencyKey) {
        HttpRequest request = prepared.header("Idempotency-Key", idempotencyKey).build();
        for (int attempt = 1; attempt < WRITE_ATTEMPTS; attempt++) {
            try {
                return exchange(request, ANSWER_DEADLINE);
            } catch (LostAnswer e) {
                // Said only when the last attempt fails as well.
            }
        }
        return exchange(request, ANSWER_DEADLINE);
    }

    /// A whole list, its pages joined; `next_cursor` of the result is null.
    ObjectNode list(String path) {
        ObjectNode joined = Json.object();
        ArrayNode data = joined.putArray("data");
        joined.putNull("next_cursor");
        String query = (path.contains("?") ? "&" : "?") + "limit=" + PAGE_ROWS;
        String cursor = "";
        for (int page = 0; page < MAX_PAGES; page++) {
            ObjectNode answer = get(path + query + cursor);
            answer.path("data").forEach(data::add);
            JsonNode next = answer.path("next_cursor");
            if (!next.isTextual()) {
                return joined;
            }
            cursor = "&cursor=" + part(next.asText());
        }
        throw new Refusal(
                "The list has more than " + MAX_PAGES * PAGE_ROWS + " rows: read it by the API.");
    }

    /// Sends the request and gives its answer's events as they come.
    EventStream stream(String path, ObjectNode body) {
        HttpRequest request = posting(path, body).header("Accept", "text/event-stream").build();
        HttpResponse<InputStream> response =
                send(request, BodyHandlers.ofInputStream(), ANSWER_DEADLINE);
        if (response.statusCode() == 200) {
            return new EventStream(response.body());
        }
        throw refusal(response, error(response));
    }

    /// The body of an answer of any length, as it comes.
    InputStream open(String path) {
        HttpResponse<InputStream> response =
                send(request(path).GET().build(), BodyHandlers.ofInputStream(), ANSWER_DEADLINE);
        if (response.statusCode() == 200) {
            return response.body();
        }
        throw refusal(response, error(response));
    }

    private static byte[] error(HttpResponse<InputStream> response) {
        try (InputStream in = response.body()) {
            return in.readNBytes(MAX_ERROR_BYTES);
        } catch (IOException e) {
            // The status alone must do.
            return new byte[0];
        }
    }

    /// An answer of bytes, as they come; a break shows as an exception while reading.
    InputStream download(String path) {
        HttpRequest request = posting(path, null).build();
        HttpResponse<InputStream> response =
                send(request, BodyHandlers.ofInputStream(), ANSWER_DEADLINE);
        if (response.statusCode() == 200) {
            return response.body();
        }
        throw refusal(response, error(response));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(instance.address() + path))
                .header("Authorization", "Bearer " + credential.key())
                .header("User-Agent", "mooring-cli/" + Version.ofThisProgram());
    }

    private HttpRequest.Builder posting(String path, @Nullable ObjectNode body) {
        HttpRequest.Builder request = request(path);
        return body == null
                ? request.POST(BodyPublishers.noBody())
                : request.header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofByteArray(Json.bytes(body)));
    }

    private ObjectNode exchange(HttpRequest request, Duration deadline) {
        HttpResponse<byte[]> response =
                send(
                        request,
                        BodyHandlers.limiting(BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES),
                        deadline);
        if (response.statusCode() / 100 != 2) {
            throw refusal(response, response.body());
        }
        ObjectNode answer = Json.parse(response.body());
        if (answer == null) {
            throw new Refusal(
                    instance.address()
                            + " answered without a JSON object: check that it is Mooring's"
                            + " address.");
        }
        return answer;
    }

    private <T> HttpResponse<T> send(
            HttpRequest request, BodyHandler<T> handler, Duration deadline) {
        CompletableFuture<HttpResponse<T>> answer = client.sendAsync(request, handler);
        try {
            return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new LostAnswer(
                    instance.address()
                            + " did not answer within "
                            + deadline.toSeconds()
                            + " s: see ./mooring status.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refusal("Interrupted.", e);
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        }
    }

    private Refusal failed(Throwable cause) {
        if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
            return new Refusal(instance.unreachable(), cause);
        }
        if (cause instanceof SSLException) {
            return new Refusal(
                    "No safe connection to "
                            + instance.address()
                            + " ("
                            + cause.getMessage()
                            + "): check its certificate, and whether it speaks https at all.",
                    cause);
        }
        return new LostAnswer(
                "The connection to "
                        + instance.address()
                        + " broke before the answer: see ./mooring status.",
                cause);
    }

    private Refusal refusal(HttpResponse<?> response, byte[] body) {
        return new Refusal(
                Problems.say(
                        response.statusCode(),
                        Json.parse(body),
                        response.headers(),
                        instance.address(),
                        credential));
    }
}
