package mooring.app;

import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import mooring.accounts.Network;
import mooring.api.TrustedProxies;
import mooring.api.anthropic.AnthropicDoor;
import mooring.api.anthropic.AnthropicErrors;
import mooring.api.openai.OpenAiErrors;
import mooring.config.Settings;
import mooring.http.ByteBudget;
import mooring.http.Door;
import mooring.http.Edge;
import mooring.http.Exchange;
import mooring.http.Http2HeadDeadline;
import mooring.http.Origin;
import mooring.http.StrictRequestDecoder;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one public port: hands each request to the door whose path it is.
///
/// It listens before the rest is up, so that a taken port is known at once and a server that takes
/// over accepts while its predecessor drains; requests that come early wait for the doors.
final class PublicServer {

    private static final Logger LOG = LoggerFactory.getLogger(PublicServer.class);

    /// How long an early request waits for the doors to open, beyond a predecessor's drain.
    private static final Duration OPENING = Duration.ofSeconds(90);

    /// A connection without traffic and without a running answer is closed after this.
    private static final Duration IDLE = Duration.ofMinutes(10);

    /// Coding agents send a few kilobytes of headers; nobody needs more than this.
    private static final int MAX_HEAD_BYTES = 32 * 1024;

    private static final List<String> PROTOCOLS = List.of("h2", "http/1.1");

    private static final int MAX_LINE_BYTES = 8 * 1024;

    /// Connections at once; what comes above it is closed.
    private static final int MAX_CONNECTIONS = 20_000;

    /// Requests at once on one connection of HTTP/2.
    private static final int MAX_STREAMS = 128;

    /// Streams that one connection may open and abort within half a minute.
    private static final int MAX_RESETS = 200;

    private static final int RESET_WINDOW_SECONDS = 30;
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);
    private static final Duration RELOAD = Duration.ofSeconds(10);

    /// How the port is opened.
    ///
    /// @param takeOver whether a predecessor may still listen there
    /// @param sharePort whether others may listen there for good
    /// @param opening how long an early request waits
    /// @param certificate null for plain HTTP
    record Opening(
            String address,
            int port,
            boolean takeOver,
            boolean sharePort,
            Duration opening,
            @Nullable Certificate certificate,
            Duration headTimeout,
            Duration bodyTimeout,
            ByteBudget bodies,
            Origin origin) {

        static Opening of(Settings settings) {
            return new Opening(
                    settings.listen(),
                    settings.port(),
                    settings.takeOver(),
                    settings.sharePort(),
                    settings.takeOver() ? OPENING.plus(settings.drainTimeout()) : OPENING,
                    Certificate.of(settings),
                    settings.headTimeout(),
                    settings.bodyTimeout(),
                    bodies(settings.bodyBudgetBytes()),
                    new TrustedProxies(
                            settings.trustedProxies().stream()
                                    .map(PublicServer::network)
                                    .toList()));
        }

        private static ByteBudget bodies(@Nullable Long bytes) {
            if (bytes == null) {
                return ByteBudget.ofHeap();
            }
            if (bytes > ByteBudget.largest()) {
                throw new StartException(
                        "body-budget: %d (expected: at most %d, a quarter of this process's heap, which"
                                        .formatted(bytes, ByteBudget.largest())
                                + " the setting heap makes larger)");
            }
            return new ByteBudget(bytes);
        }
    }

    private final Vertx vertx;
    private final IdGenerator ids;
    private final Edge edge;
    private final @Nullable Certificate certificate;
    private final Lanes lanes = new Lanes();
    private final LongAdder requests;
    private final Duration opening;
    private final Promise<List<Door>> doors = Promise.promise();
    private final HttpServer server;
    private volatile boolean draining;
    private volatile @Nullable RequestTrail trail;
    private Certificate.@Nullable Pair inUse;
    private String lastMistake = "";

    private PublicServer(
            Vertx vertx, IdGenerator ids, Opening opening, LongAdder requests, boolean sharePort) {
        this.requests = requests;
        this.vertx = vertx;
        this.ids = ids;
        this.certificate = opening.certificate();
        this.opening = opening.opening();
        this.edge =
                new Edge(
                        opening.bodies(),
                        opening.headTimeout(),
                        opening.bodyTimeout(),
                        certificate != null,
                        opening.origin());
        HttpServerOptions options =
                new HttpServerOptions()
                        .setReusePort(sharePort)
                        // Clients that upgrade gain nothing on loopback, and lose answers
                        // that end a connection.
                        .setHttp2ClearTextEnabled(false)
                        // No web sockets here: their handlers would look at every message.
                        .setPerMessageWebSocketCompressionSupported(false)
                        .setPerFrameWebSocketCompressionSupported(false)
                        .setTcpNoDelay(true)
                        .setAcceptBacklog(1024)
                        .setMaxInitialLineLength(MAX_LINE_BYTES)
                        .setMaxHeaderSize(MAX_HEAD_BYTES)
                        .setIdleTimeoutUnit(TimeUnit.SECONDS)
                        .setIdleTimeout((int) IDLE.toSeconds())
                        .setInitialSettings(
                                new Http2Settings()
                                        .setMaxConcurrentStreams(MAX_STREAMS)
                                        .setMaxHeaderListSize(MAX_HEAD_BYTES))
                        .setHttp2RstFloodMaxRstFramePerWindow(MAX_RESETS)
                        .setHttp2RstFloodWindowDuration(RESET_WINDOW_SECONDS)
                        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS);
        if (certificate != null) {
            inUse = certificate.read(vertx);
            options.setSsl(true)
                    .setUseAlpn(true)
                    .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
                    .setSslHandshakeTimeout(HANDSHAKE.toSeconds())
                    .setSslEngineOptions(
                            new WatchedTls(
                                    () ->
                                            new Http2HeadDeadline(
                                                    edge.headTimeout(), edge.bodyTimeout())))
                    .setKeyCertOptions(inUse.options());
        }
        this.server = vertx.createHttpServer(options);
        server.connectionHandler(connection -> connected(connection, options));
        server.requestHandler(this::handle);
        server.invalidRequestHandler(this::invalid);
    }

    /// Binds the port.
    ///
    /// @param requests counts each that comes
    /// @throws StartException when the port is taken or may not be used
    static PublicServer listen(Vertx vertx, IdGenerator ids, Opening opening, LongAdder requests) {
        boolean sharePort = vertx.isNativeTransportEnabled();
        String address = opening.address();
        int port = opening.port();
        if (opening.sharePort() && !sharePort) {
            throw new StartException(
                    "share-port: needs Linux and its native transport, which is not there");
        }
        if (!opening.takeOver() && !opening.sharePort() && port != 0) {
            requireFree(address, port);
        }
        PublicServer server = new PublicServer(vertx, ids, opening, requests, sharePort);
        try {
            server.server.listen(port, address).toCompletionStage().toCompletableFuture().join();
        } catch (RuntimeException e) {
            throw taken(address, port, e);
        }
        if (server.certificate != null) {
            vertx.setPeriodic(RELOAD.toMillis(), _ -> vertx.executeBlocking(server::reload));
        }
        return server;
    }

    private static Network network(String text) {
        Network network = Network.parse(text);
        if (network == null) {
            throw new StartException(
                    "trusted-proxies: " + text + " (expected: " + Network.FORM + ")");
        }
        return network;
    }

    /// Tells of every request that comes from now on.
    void follow(RequestTrail follower) {
        trail = follower;
    }

    /// Whether callers come over TLS.
    boolean secure() {
        return edge.secure();
    }

    /// Uses the certificate as its files are now, from the next connection on. Those that cannot be
    /// used are named in the log, once, and change nothing. Blocking.
    ///
    /// @return whether another certificate is in use from now on
    synchronized boolean reload() {
        if (certificate == null) {
            return false;
        }
        try {
            Certificate.Pair now = certificate.read(vertx);
            if (now.equals(inUse)) {
                return false;
            }
            server.updateSSLOptions(
                            new ServerSSLOptions()
                                    .setKeyCertOptions(now.options())
                                    .setUseAlpn(true)
                                    .setApplicationLayerProtocols(PROTOCOLS))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(HANDSHAKE.toSeconds(), TimeUnit.SECONDS);
            inUse = now;
            lastMistake = "";
            LOG.info("TLS: a renewed certificate is in use");
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (StartException | ExecutionException | TimeoutException e) {
            String mistake = String.valueOf(e.getMessage());
            if (!mistake.equals(lastMistake)) {
                lastMistake = mistake;
                LOG.warn("{}; the certificate in use stays", mistake);
            }
            return false;
        }
    }

    int port() {
        return server.actualPort();
    }

    /// Lets waiting and all later requests in.
    void open(List<Door> all) {
        doors.complete(all);
    }

    /// Takes no new connections, and leaves those that are open once their callers know.
    ///
    /// @param idle how long a connection without a running answer may still be used
    void leave(Duration idle) {
        draining = true;
        lanes.leave(vertx, idle);
    }

    /// Whether every connection has gone, and the port.
    boolean left() {
        return lanes.left();
    }

    /// Closes what is left; answers that run may end within `atMost`.
    Future<Void> close(Duration atMost) {
        draining = true;
        return server.shutdown(atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void connected(HttpConnection connection, HttpServerOptions options) {
        lanes.opened(connection);
        if (lanes.size() > MAX_CONNECTIONS) {
            connection.close();
        }
        connection.closeHandler(_ -> lanes.closed(connection));
        StrictRequestDecoder.install(connection, options, edge.headTimeout());
    }

    private void handle(HttpServerRequest request) {
        requests.increment();
        int hosts = request.headers().getAll("host").size();
        boolean named = Exchange.http2(request) && request.authority() != null && hosts == 0;
        if (hosts != 1 && !named) {
            refuse(
                    request,
                    new Problem.InvalidRequest(
                            null, "host: " + hosts + " headers (expected: one)"));
            return;
        }
        Context context = vertx.getOrCreateContext();
        Exchange exchange = new Exchange(ids.nextRequest(), request, context, edge, draining);
        lanes.arrived(exchange);
        RequestTrail follower = trail;
        if (follower != null) {
            follower.arrived(exchange);
        }
        Future<List<Door>> open = doors.future();
        if (open.succeeded()) {
            enter(exchange, open.result());
            return;
        }
        request.pause();
        open.timeout(opening.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(
                        result ->
                                context.runOnContext(
                                        _ -> {
                                            if (result.succeeded()) {
                                                enter(exchange, result.result());
                                            } else {
                                                answer(exchange, new Problem.Draining());
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
            answer(
                    exchange,
                    new Problem.NotFound("there is no " + exchange.request().path() + " here"));
        } catch (RuntimeException e) {
            LOG.error("{}: a door failed", exchange.id(), e);
            answer(exchange, new Problem.Internal());
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
        RequestId id = ids.nextRequest();
        boolean anthropic = AnthropicDoor.speaks(request.path(), request.headers());
        int status =
                anthropic
                        ? AnthropicErrors.shape(problem).status()
                        : OpenAiErrors.shape(problem).status();
        Exchange.harden(request, edge.secure());
        HttpServerResponse response =
                request.response()
                        .setStatusCode(status)
                        .putHeader("content-type", "application/json")
                        .putHeader("x-request-id", id.toString());
        if (anthropic) {
            response.putHeader("request-id", id.toString());
        }
        Buffer body = anthropic ? AnthropicErrors.body(problem, id) : OpenAiErrors.body(problem);
        if (Exchange.http2(request)) {
            // A stream's bounds are never in doubt: the others of the connection go on.
            response.end(body);
        } else {
            response.putHeader("connection", "close")
                    .end(body)
                    .onComplete(_ -> request.connection().close());
        }
    }

    /// In the dialect that the caller seems to speak.
    private static void answer(Exchange exchange, Problem problem) {
        if (AnthropicDoor.speaks(exchange.request().path(), exchange.request().headers())) {
            AnthropicErrors.answer(exchange, problem);
        } else {
            OpenAiErrors.answer(exchange, problem);
        }
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
