package mooring.app;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.api.openai.OpenAiErrors;
import mooring.http.ByteBudget;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.http.StrictRequestDecoder;
import mooring.ids.IdGenerator;
import mooring.problem.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one public port: hands each request to the door whose path it is.
///
/// It listens before the rest is up, so that a taken port is known at once and a server that takes
/// over accepts while its predecessor drains; requests that come early wait for the doors.
final class PublicServer {

    private static final Logger LOG = LoggerFactory.getLogger(PublicServer.class);

    /// How long an early request waits for the doors to open.
    private static final Duration OPENING = Duration.ofSeconds(90);

    /// A connection without traffic and without a running answer is closed after this.
    private static final Duration IDLE = Duration.ofMinutes(10);

    /// Coding agents send a few kilobytes of headers; nobody needs more than this.
    private static final int MAX_HEAD_BYTES = 32 * 1024;

    private static final int MAX_LINE_BYTES = 8 * 1024;

    /// Connections at once; what comes above it is closed.
    private static final int MAX_CONNECTIONS = 20_000;

    private final Vertx vertx;
    private final IdGenerator ids;
    private final ByteBudget bodies = ByteBudget.ofHeap();
    private final AtomicInteger connections = new AtomicInteger();
    private final Promise<List<Door>> doors = Promise.promise();
    private final HttpServer server;
    private volatile boolean draining;

    private PublicServer(Vertx vertx, IdGenerator ids, boolean sharePort) {
        this.vertx = vertx;
        this.ids = ids;
        HttpServerOptions options =
                new HttpServerOptions()
                        .setReusePort(sharePort)
                        // Clients that upgrade gain nothing on loopback, and lose answers
                        // that end a connection.
                        .setHttp2ClearTextEnabled(false)
                        .setTcpNoDelay(true)
                        .setAcceptBacklog(1024)
                        .setMaxInitialLineLength(MAX_LINE_BYTES)
                        .setMaxHeaderSize(MAX_HEAD_BYTES)
                        .setIdleTimeoutUnit(TimeUnit.SECONDS)
                        .setIdleTimeout((int) IDLE.toSeconds());
        this.server = vertx.createHttpServer(options);
        server.connectionHandler(connection -> connected(connection, options));
        server.requestHandler(this::handle);
        server.invalidRequestHandler(this::invalid);
    }

    /// Binds the port.
    ///
    /// @param takeOver whether a predecessor may still listen there
    /// @throws StartException when the port is taken or may not be used
    static PublicServer listen(
            Vertx vertx, IdGenerator ids, String address, int port, boolean takeOver) {
        boolean sharePort = vertx.isNativeTransportEnabled();
        if (!takeOver && port != 0) {
            requireFree(address, port);
        }
        PublicServer server = new PublicServer(vertx, ids, sharePort);
        try {
            server.server.listen(port, address).toCompletionStage().toCompletableFuture().join();
        } catch (RuntimeException e) {
            throw taken(address, port, e);
        }
        return server;
    }

    int port() {
        return server.actualPort();
    }

    /// Lets waiting and all later requests in.
    void open(List<Door> all) {
        doors.complete(all);
    }

    /// Takes no new connections; answers already begun may end within `atMost`.
    Future<Void> drain(Duration atMost) {
        draining = true;
        return server.shutdown(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void connected(HttpConnection connection, HttpServerOptions options) {
        if (connections.incrementAndGet() > MAX_CONNECTIONS) {
            connection.close();
        }
        connection.closeHandler(_ -> connections.decrementAndGet());
        StrictRequestDecoder.install(connection, options);
    }

    private void handle(HttpServerRequest request) {
        if (request.headers().getAll("host").size() != 1) {
            refuse(
                    request,
                    new Problem.InvalidRequest(
                            null,
                            "host: "
                                    + request.headers().getAll("host").size()
                                    + " headers (expected: one)"));
            return;
        }
        Context context = vertx.getOrCreateContext();
        Exchange exchange = new Exchange(ids.nextRequest(), request, context, bodies, draining);
        Future<List<Door>> open = doors.future();
        if (open.succeeded()) {
            enter(exchange, open.result());
            return;
        }
        request.pause();
        open.timeout(OPENING.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(
                        result ->
                                context.runOnContext(
                                        _ -> {
                                            if (result.succeeded()) {
                                                enter(exchange, result.result());
                                            } else {
                                                OpenAiErrors.answer(
                                                        exchange, new Problem.Draining());
                                            }
                                        }));
    }

    private static void enter(Exchange exchange, List<Door> doors) {
        exchange.request().pause();
        try {
            for (Door door : doors) {
                if (door.open(exchange)) {
                    return;
                }
            }
            OpenAiErrors.answer(
                    exchange,
                    new Problem.NotFound("there is no " + exchange.request().path() + " here"));
        } catch (RuntimeException e) {
            LOG.error("{}: a door failed", exchange.id(), e);
            OpenAiErrors.answer(exchange, new Problem.Internal());
        }
    }

    /// What the HTTP decoder refused never reaches a door.
    private void invalid(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        refuse(
                request,
                cause instanceof TooLongFrameException
                        ? new Problem.HeadTooLarge(
                                cause instanceof TooLongHttpLineException
                                        ? MAX_LINE_BYTES
                                        : MAX_HEAD_BYTES)
                        : new Problem.InvalidRequest(
                                null,
                                "the HTTP request cannot be read (expected: well-formed"
                                        + " HTTP/1.1)"));
    }

    /// Answers and closes: where one request ends and the next begins is not certain any more.
    private void refuse(HttpServerRequest request, Problem problem) {
        Buffer body = OpenAiErrors.body(problem);
        request.response()
                .setStatusCode(OpenAiErrors.shape(problem).status())
                .putHeader("content-type", "application/json")
                .putHeader("x-request-id", ids.nextRequest().toString())
                .putHeader("connection", "close")
                .end(body)
                .onComplete(_ -> request.connection().close());
    }

    /// Sharing a port would let two instances split its traffic unnoticed: ask first.
    private static void requireFree(String address, int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(address, port));
        } catch (IOException e) {
            throw taken(address, port, e);
        }
    }

    /// What the operating system said, without the names of classes around it.
    static String reason(Throwable cause) {
        String said = String.valueOf(cause.getMessage());
        return said.substring(said.lastIndexOf(": ") + 1).strip();
    }

    private static StartException taken(String address, int port, Exception cause) {
        return new StartException(
                "cannot listen on "
                        + address
                        + ":"
                        + port
                        + ": "
                        + reason(cause)
                        + " (free it, or choose another port with --port)",
                cause);
    }
}
