package mooring.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import mooring.json.Json;
import mooring.telemetry.Metrics;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A small HTTP server beside the public one, for the operator's machine alone: `/healthz`,
/// `/readyz` and `/metrics`. Reads, never changes anything, and needs no credential; so it listens
/// on loopback only and answers no request that was meant for another host, which is how a web page
/// would reach it through the operator's browser.
public final class AdminServer {

    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);

    private static final String ADDRESS = "127.0.0.1";
    private static final Set<String> HOSTS = Set.of("127.0.0.1", "localhost", "[::1]");
    private static final Set<String> PATHS = Set.of("/healthz", "/readyz", "/metrics");

    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    /// A connection that says nothing for so long is closed.
    private static final int IDLE_SECONDS = 30;

    private final HttpServer server;
    private final Metrics metrics;
    private final Readiness readiness;
    private final Executor blocking;
    private final Vertx vertx;

    /// @param blocking runs the checks and collects the metrics, on threads that may block
    public AdminServer(
            Vertx vertx,
            Metrics metrics,
            List<ReadinessCheck> checks,
            Executor blocking,
            Clock clock) {
        this.vertx = vertx;
        this.metrics = metrics;
        this.readiness = new Readiness(checks, blocking, clock);
        this.blocking = blocking;
        this.server =
                vertx.createHttpServer(
                                new HttpServerOptions()
                                        .setHttp2ClearTextEnabled(false)
                                        .setIdleTimeout(IDLE_SECONDS))
                        .requestHandler(this::handle);
    }

    /// Completes with the port that it listens on.
    ///
    /// @param port 0 for any free one
    public CompletionStage<Integer> listen(int port) {
        return server.listen(port, ADDRESS).map(HttpServer::actualPort).toCompletionStage();
    }

    public CompletionStage<Void> close() {
        Future<Void> closed = server.close();
        return closed.toCompletionStage();
    }

    private void handle(HttpServerRequest request) {
        String path = request.path();
        if (!meantForUs(request.getHeader("host"))) {
            answer(
                    request,
                    421,
                    TEXT,
                    "Host is not this machine (expected: 127.0.0.1, localhost or [::1], with port "
                            + server.actualPort()
                            + " or none)\n");
        } else if (path == null || !PATHS.contains(path)) {
            answer(request, 404, TEXT, "not found (expected: /healthz, /readyz or /metrics)\n");
        } else if (!request.method().equals(HttpMethod.GET)) {
            request.response().putHeader("allow", "GET");
            answer(request, 405, TEXT, request.method() + " is not allowed here (expected: GET)\n");
        } else if (path.equals("/healthz")) {
            answer(request, 200, TEXT, "ok\n");
        } else if (path.equals("/readyz")) {
            answerReadiness(request);
        } else {
            answerMetrics(request);
        }
    }

    private boolean meantForUs(@Nullable String host) {
        if (host == null) {
            return false;
        }
        String name = host.toLowerCase(Locale.ROOT);
        String port = ":" + server.actualPort();
        return HOSTS.contains(
                name.endsWith(port) ? name.substring(0, name.length() - port.length()) : name);
    }

    private void answerReadiness(HttpServerRequest request) {
        Context context = vertx.getOrCreateContext();
        Future.fromCompletionStage(readiness.report(), context)
                .onSuccess(
                        report -> answer(request, report.ready() ? 200 : 503, JSON, body(report)))
                .onFailure(cause -> broke(request, cause));
    }

    private void answerMetrics(HttpServerRequest request) {
        Context context = vertx.getOrCreateContext();
        blocking.execute(
                () -> {
                    try {
                        String text = metrics.scrape();
                        context.runOnContext(_ -> answer(request, 200, PROMETHEUS, text));
                    } catch (RuntimeException e) {
                        context.runOnContext(_ -> broke(request, e));
                    }
                });
    }

    private static String body(Readiness.Report report) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("ready", report.ready());
        ObjectNode checks = body.putObject("checks");
        report.results()
                .forEach(
                        (name, result) -> {
                            ObjectNode check = checks.putObject(name);
                            switch (result) {
                                case ReadinessCheck.Result.Passed _ ->
                                        check.put("state", "passed").putNull("reason");
                                case ReadinessCheck.Result.Noted(String note) ->
                                        check.put("state", "noted").put("reason", note);
                                case ReadinessCheck.Result.Failed(String reason) ->
                                        check.put("state", "failed").put("reason", reason);
                            }
                        });
        return body.toPrettyString() + "\n";
    }

    private static void broke(HttpServerRequest request, Throwable cause) {
        LOG.error("{} failed", request.path(), cause);
        answer(request, 500, TEXT, "an internal error; the log holds the cause\n");
    }

    /// What a request carries as body is nobody's business here: it is not read, and the connection
    /// ends with the answer.
    private static void answer(HttpServerRequest request, int status, String type, String text) {
        if (request.response().headWritten() || request.response().closed()) {
            return;
        }
        if (!request.isEnded()) {
            request.response().putHeader("connection", "close");
        }
        request.response()
                .setStatusCode(status)
                .putHeader("content-type", type)
                .putHeader("cache-control", "no-store")
                .end(text);
    }
}
