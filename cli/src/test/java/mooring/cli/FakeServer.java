package mooring.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// A server on a free port that answers as the contract says, and remembers what it was asked.
final class FakeServer implements AutoCloseable {
    static final String OPERATOR_KEY = "operator-secret-0123456789";
    static final String API_KEY = "sk-first-secret-0123456789";

    /// What was asked, as it came over the wire.
    record Asked(
            String method,
            String path,
            @Nullable String query,
            @Nullable String authorization,
            @Nullable String idempotencyKey,
            String body) {
        String target() {
            return query == null ? path : path + "?" + query;
        }
    }

    /// Writes an answer.
    interface Answering {
        void answer(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Answering> answers = new ConcurrentHashMap<>();
    private final List<Asked> asked = new CopyOnWriteArrayList<>();

    FakeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::serve);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    List<Asked> asked() {
        return asked;
    }

    /// The body of the only request to this path.
    String bodyOf(String path) {
        List<String> bodies =
                asked.stream().filter(a -> a.path().equals(path)).map(Asked::body).toList();
        if (bodies.size() != 1) {
            throw new AssertionError(path + " was asked " + bodies.size() + " times: " + asked);
        }
        return bodies.getFirst();
    }

    FakeServer on(String methodAndTarget, int status, String json) {
        return on(methodAndTarget, exchange -> send(exchange, status, json));
    }

    FakeServer on(String methodAndTarget, Answering answering) {
        answers.put(methodAndTarget, answering);
        return this;
    }

    static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    static String error(String message, String type, @Nullable String param, String code) {
        return Json.pretty(
                Json.object()
                        .set(
                                "error",
                                Json.object()
                                        .put("message", message)
                                        .put("type", type)
                                        .put("param", param)
                                        .put("code", code)));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Asked request =
                    new Asked(
                            exchange.getRequestMethod(),
                            exchange.getRequestURI().getRawPath(),
                            exchange.getRequestURI().getRawQuery(),
                            exchange.getRequestHeaders().getFirst("Authorization"),
                            exchange.getRequestHeaders().getFirst("Idempotency-Key"),
                            body);
            asked.add(request);
            exchange.getResponseHeaders().add("x-request-id", "req_test");
            String key = request.path().startsWith("/api/") ? OPERATOR_KEY : API_KEY;
            if (!("Bearer " + key).equals(request.authorization())) {
                send(
                        exchange,
                        401,
                        error(
                                "The key is not valid",
                                "invalid_request_error",
                                null,
                                "invalid_api_key"));
                return;
            }
            Answering answering = answers.get(request.method() + " " + request.target());
            if (answering == null) {
                answering = answers.get(request.method() + " " + request.path());
            }
            if (answering == null) {
                send(
                        exchange,
                        404,
                        error(
                                "Nothing is at " + request.target(),
                                "invalid_request_error",
                                null,
                                "not_found"));
                return;
            }
            answering.answer(exchange);
        }
    }
}
