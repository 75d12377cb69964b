package mooring.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/// An engine that answers every chat with the same bytes, for wire forms that no engine at hand
/// produces. Its tokenizer counts every prompt as ten tokens.
public final class CannedEngine implements AutoCloseable {

    private final HttpServer server;
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private volatile String stream = "";
    private volatile Map<String, List<String>> headers = Map.of();

    private CannedEngine(HttpServer server) {
        this.server = server;
    }

    public static CannedEngine start() {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
            CannedEngine engine = new CannedEngine(server);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext("/health", http -> answer(http, "text/plain", "ok"));
            server.createContext(
                    "/tokenize", http -> answer(http, "application/json", "{\"count\": 10}"));
            server.createContext("/v1/chat/completions", engine::chat);
            server.createContext("/v1/completions", engine::chat);
            server.createContext("/v1/embeddings", engine::chat);
            server.start();
            return engine;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// What it answers from now on: events as they go over the wire.
    public void says(String events) {
        stream = events;
    }

    /// The request bodies that came, oldest first.
    public List<String> bodies() {
        return bodies;
    }

    /// The headers of the last chat, with lower-case names.
    public Map<String, List<String>> lastHeaders() {
        return headers;
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void chat(HttpExchange http) throws IOException {
        Map<String, List<String>> came = new TreeMap<>();
        http.getRequestHeaders()
                .forEach((name, values) -> came.put(name.toLowerCase(Locale.ROOT), values));
        headers = came;
        bodies.add(new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        answer(http, "text/event-stream", stream);
    }

    private static void answer(HttpExchange http, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        http.getResponseHeaders().set("content-type", type);
        http.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }
}
