package mooring.engine.wire;

import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.impl.ConnectionBase;
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

    /// How long an engine may take to tell its error; what has come by then is what it said.
    private static final Duration ERROR_TIMEOUT = Duration.ofSeconds(5);

    /// The largest answer to a short call: the tokens of the longest prompt, with room.
    private static final int MAX_ANSWER_BYTES = 64 * 1024 * 1024;

    /// llama.cpp and uvicorn close a connection that was idle for 5 s: sooner is safe.
    private static final int KEEP_ALIVE_SECONDS = 4;

    /// Pieces of one body that go at once even within a turn.
    private static final int MAX_GATHERED = 16;

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
                vertx.httpClientBuilder()
                        .with(
                                new HttpClientOptions()
                                        .setConnectTimeout((int) connectTimeout.toMillis())
                                        .setKeepAlive(keepAlive)
                                        .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                                        .setSsl("https".equals(base.getScheme()))
                                        .setTcpNoDelay(true))
                        .with(
                                new PoolOptions()
                                        .setHttp1MaxSize(MAX_CONNECTIONS)
                                        .setMaxWaitQueueSize(MAX_WAITING_FOR_CONNECTION))
                        .withConnectHandler(EngineHttp::flushLate)
                        .build();
    }

    /// What goes to an engine leaves at the end of the event loop's turn, with that of the turn's
    /// other requests: then the engine is woken once and finds them all, instead of once for each.
    private static void flushLate(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            base.channel().pipeline().addFirst(new FlushConsolidationHandler(MAX_GATHERED, true));
        }
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
                                                            ? answer(response)
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

    /// Reads what an engine says when it does not say 200: as much of it as is looked at, and no
    /// longer than its deadline.
    public static Future<EngineFailure> failure(HttpClientResponse response) {
        return BoundedBody.begin(response, MAX_ERROR_BYTES, ERROR_TIMEOUT)
                .map(
                        body ->
                                classify(
                                        response.statusCode(),
                                        EngineErrors.message(body.text()),
                                        response.getHeader("retry-after")));
    }

    private static Future<Buffer> answer(HttpClientResponse response) {
        return BoundedBody.begin(response, MAX_ANSWER_BYTES, SHORT_CALL_TIMEOUT)
                .compose(
                        body ->
                                body.whole()
                                        ? Future.succeededFuture(body.bytes())
                                        : failed(
                                                new EngineFailure.Broken(
                                                        "an answer without an end, after "
                                                                + body.bytes().length()
                                                                + " bytes")));
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
