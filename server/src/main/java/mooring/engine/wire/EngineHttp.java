package mooring.engine.wire;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.URI;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import org.jspecify.annotations.Nullable;

/// HTTP to one engine: connections, key, deadlines for short calls, and what a bad status means.
public final class EngineHttp {

    /// For a connection to stand; another replica is asked after it.
    public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /// For tokenizers and templates; an answer has its own deadlines.
    private static final Duration SHORT_CALL_TIMEOUT = Duration.ofSeconds(10);

    /// More than any engine runs at once; streams hold one connection each.
    private static final int MAX_CONNECTIONS = 2_048;

    private static final int MAX_WAITING_FOR_CONNECTION = 2_048;

    /// Larger bodies are sent in pieces of this size.
    private static final int PIECE_BYTES = 256 * 1024;

    /// How much of an engine's error text is read.
    private static final int MAX_ERROR_BYTES = 64 * 1024;

    /// llama.cpp and uvicorn close a connection that was idle for 5 s: sooner is safe.
    private static final int KEEP_ALIVE_SECONDS = 4;

    private final Vertx vertx;
    private final HttpClient client;
    private final URI base;
    private final @Nullable String key;
    private final Duration connectTimeout;

    public EngineHttp(Vertx vertx, URI base, @Nullable String key) {
        this(vertx, base, key, CONNECT_TIMEOUT);
    }

    public EngineHttp(Vertx vertx, URI base, @Nullable String key, Duration connectTimeout) {
        this(vertx, base, key, connectTimeout, true);
    }

    private EngineHttp(
            Vertx vertx,
            URI base,
            @Nullable String key,
            Duration connectTimeout,
            boolean keepAlive) {
        this.connectTimeout = connectTimeout;
        this.vertx = vertx;
        this.base = base;
        this.key = key;
        this.client =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setConnectTimeout((int) connectTimeout.toMillis())
                                .setKeepAlive(keepAlive)
                                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                                .setSsl("https".equals(base.getScheme()))
                                .setTcpNoDelay(true),
                        new PoolOptions()
                                .setHttp1MaxSize(MAX_CONNECTIONS)
                                .setMaxWaitQueueSize(MAX_WAITING_FOR_CONNECTION));
    }

    /// The same engine, each request on a connection of its own. For engines that close a
    /// connection after a stream although they announced to keep it.
    public EngineHttp withoutReuse() {
        return new EngineHttp(vertx, base, key, connectTimeout, false);
    }

    /// Sends a request's body, a large one piece by piece as the engine takes it: what waits in the
    /// socket's memory is a copy.
    static Future<HttpClientResponse> send(HttpClientRequest request, Buffer body) {
        if (body.length() <= PIECE_BYTES) {
            return request.send(body);
        }
        request.putHeader("content-length", Integer.toString(body.length()));
        Future<HttpClientResponse> response = request.response();
        write(request, body, 0);
        return response;
    }

    private static void write(HttpClientRequest request, Buffer body, int from) {
        int next = from;
        try {
            while (next < body.length()) {
                if (request.writeQueueFull()) {
                    int rest = next;
                    request.drainHandler(_ -> write(request, body, rest));
                    return;
                }
                int end = Math.min(body.length(), next + PIECE_BYTES);
                request.write(body.slice(next, end));
                next = end;
            }
            request.drainHandler(null);
            request.end();
        } catch (IllegalStateException ended) {
            // Given up meanwhile: whoever waits for the response has heard it.
        }
    }

    /// Begins a request; the caller sends it and reads the response.
    public Future<HttpClientRequest> request(HttpMethod method, String path) {
        RequestOptions options =
                new RequestOptions()
                        .setMethod(method)
                        .setHost(base.getHost())
                        .setPort(port())
                        .setURI(path(path));
        if (key != null) {
            options.putHeader("authorization", "Bearer " + key);
        }
        try {
            return client.request(options)
                    .recover(cause -> Future.failedFuture(unreachable(cause)));
        } catch (IllegalStateException closed) {
            // The client itself is closed: we are going down.
            return Future.failedFuture(unreachable(closed));
        }
    }

    /// A short call with a whole answer, such as a tokenizer's. It changes nothing at the engine,
    /// so that it is sent once more when a kept connection was closed under it.
    public Future<Buffer> call(HttpMethod method, String path, @Nullable Buffer body) {
        return send(method, path, body)
                .recover(
                        cause ->
                                closedUnderIt(cause)
                                        ? send(method, path, body)
                                        : Future.failedFuture(cause))
                .timeout(SHORT_CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .recover(cause -> Future.failedFuture(unreachable(cause)));
    }

    /// The answer is read from within the sending: whoever asked from another thread would else ask
    /// for a body that has already gone by.
    private Future<Buffer> send(HttpMethod method, String path, @Nullable Buffer body) {
        return request(method, path)
                .compose(
                        request -> {
                            if (body != null) {
                                request.putHeader("content-type", "application/json");
                            }
                            return (body == null ? request.send() : send(request, body))
                                    .compose(
                                            response ->
                                                    response.statusCode() == 200
                                                            ? response.body()
                                                            : failure(response)
                                                                    .compose(f -> failed(f)));
                        });
    }

    /// Whether the connection ended before the answer did. A refused one never began.
    private static boolean closedUnderIt(Throwable cause) {
        return cause instanceof HttpClosedException
                || cause instanceof ClosedChannelException
                || (cause instanceof SocketException && !(cause instanceof ConnectException));
    }

    /// Reads what an engine says when it does not say 200.
    public static Future<EngineFailure> failure(HttpClientResponse response) {
        return response.body()
                .map(
                        body -> {
                            String text =
                                    body.length() > MAX_ERROR_BYTES
                                            ? body.getString(0, MAX_ERROR_BYTES)
                                            : body.toString();
                            return classify(
                                    response.statusCode(),
                                    EngineErrors.message(text),
                                    response.getHeader("retry-after"));
                        });
    }

    /// A connection that failed, as the failure that it is.
    public static EngineException unreachable(Throwable cause) {
        return cause instanceof EngineException known
                ? known
                : new EngineException(
                        new EngineFailure.Unreachable(
                                cause.getMessage() == null
                                        ? cause.getClass().getSimpleName()
                                        : cause.getMessage()));
    }

    static EngineFailure classify(int status, String message, @Nullable String retryAfter) {
        return switch (status) {
            case 429, 503 -> new EngineFailure.Busy(EngineErrors.seconds(retryAfter), message);
            case 400, 404, 413, 422 -> new EngineFailure.Rejected(status, message);
            default -> new EngineFailure.Broken("the engine answered " + status + ": " + message);
        };
    }

    private static <T> Future<T> failed(EngineFailure failure) {
        return Future.failedFuture(new EngineException(failure));
    }

    private int port() {
        if (base.getPort() > 0) {
            return base.getPort();
        }
        return "https".equals(base.getScheme()) ? 443 : 80;
    }

    private String path(String path) {
        String prefix = base.getRawPath() == null ? "" : base.getRawPath();
        return prefix.endsWith("/")
                ? prefix.substring(0, prefix.length() - 1) + path
                : prefix + path;
    }
}
