package mooring.simulator;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import mooring.simulator.answer.RefusedException;
import org.jspecify.annotations.Nullable;

/// Takes each HTTP request to the part that answers it.
final class Door {

    private static final String BEARER = "Bearer ";

    private final Engine engine;
    private final Completions completions;
    private final Pages pages;
    private final Control control;

    Door(Engine engine) {
        Bodies bodies = new Bodies(engine.vertx);
        this.engine = engine;
        this.completions = new Completions(engine, bodies);
        this.pages = new Pages(engine, bodies);
        this.control = new Control(engine, bodies);
    }

    void handle(HttpServerRequest http) {
        http.response().putHeader("Server", EngineSimulator.SERVER_HEADER);
        try {
            route(http);
        } catch (RuntimeException e) {
            Replies.failed(http.response(), e);
        }
    }

    private void route(HttpServerRequest http) {
        HttpServerResponse response = http.response();
        String path = http.path();
        if (guarded(path) && !admitted(http.getHeader("Authorization"))) {
            response.setStatusCode(401);
            response.putHeader("Content-Type", "application/json");
            response.end("{\"error\":\"Unauthorized\"}");
            return;
        }
        switch (http.method().name() + " " + path) {
            case "POST /v1/chat/completions" -> completions.chat(http);
            case "POST /v1/completions" -> completions.text(http);
            case "POST /v1/embeddings" -> pages.embeddings(http);
            case "GET /v1/models" -> pages.models(response);
            case "GET /health", "GET /v1/health" -> pages.health(response);
            case "GET /metrics" -> pages.metrics(response);
            case "GET /version" -> pages.version(response);
            case "GET /props" -> pages.props(response);
            case "GET /slots" -> pages.slots(http);
            case "POST /tokenize" -> pages.tokenize(http);
            case "POST /apply-template" -> pages.applyTemplate(http);
            case "POST /simulator/script" -> control.script(http);
            case "GET /simulator/log" -> control.log(http);
            case "POST /simulator/reset" -> control.reset(response);
            default -> throw new RefusedException(404, "Not found: " + http.method() + " " + path);
        }
    }

    /// Health, metrics and the test's own door ask for no key.
    private static boolean guarded(@Nullable String path) {
        return path == null
                || !(path.equals("/health")
                        || path.equals("/v1/health")
                        || path.equals("/metrics")
                        || path.equals("/version")
                        || path.startsWith("/simulator/"));
    }

    private boolean admitted(@Nullable String authorization) {
        if (engine.options.apiKeys().isEmpty()) {
            return true;
        }
        if (authorization == null || !authorization.startsWith(BEARER)) {
            return false;
        }
        byte[] given = authorization.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8);
        return engine.options.apiKeys().stream()
                .anyMatch(
                        key -> MessageDigest.isEqual(key.getBytes(StandardCharsets.UTF_8), given));
    }
}
