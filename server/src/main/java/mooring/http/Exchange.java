package mooring.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.netty.channel.Channel;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;
import mooring.ids.RequestId;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// One HTTP request and its answer, with the id under which both are known.
///
/// Belongs to the event loop that read it; nothing of it may be touched elsewhere.
public final class Exchange {

    private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
    private static final CharSequence NO_SNIFF = HttpHeaders.createOptimized("nosniff");
    private static final CharSequence CACHE_CONTROL = HttpHeaders.createOptimized("cache-control");
    private static final CharSequence CONTENT_TYPE_OPTIONS =
            HttpHeaders.createOptimized("x-content-type-options");
    private static final CharSequence TRANSPORT_SECURITY =
            HttpHeaders.createOptimized("strict-transport-security");

    /// HTTP/2's code for a stream that broke on our side.
    private static final long INTERNAL_ERROR = 2;

    /// HTTP/2's code for a stream that nobody needs any more.
    private static final long CANCEL = 8;

    private static final int MAX_CLIENT_ID_CHARS = 128;
    private static final int MAX_HEADER_CHARS = 512;

    private final RequestId id;
    private final HttpServerRequest request;
    private final Context context;
    private final boolean closing;
    private final Edge edge;
    private @Nullable Runnable atEnd;
    private @Nullable Recording recording;
    private ByteBudget.@Nullable Share bodyShare;

    /// @param edge what the port grants
    /// @param closing whether the connection ends with this answer, because the server drains
    public Exchange(
            RequestId id, HttpServerRequest request, Context context, Edge edge, boolean closing) {
        this.id = id;
        this.request = request;
        this.context = context;
        this.edge = edge;
        this.closing = closing;
        request.response().putHeader(REQUEST_ID, id.toString());
        harden(request, edge.secure());
        if (closing && !http2(request)) {
            request.response().putHeader("connection", "close");
        }
    }

    /// Says to every browser and proxy on the way that an answer is for its caller alone, and no
    /// page.
    public static void harden(HttpServerRequest request, boolean secure) {
        HttpServerResponse response = request.response();
        response.putHeader(CACHE_CONTROL, NO_STORE);
        response.putHeader(CONTENT_TYPE_OPTIONS, NO_SNIFF);
        if (secure) {
            response.putHeader(TRANSPORT_SECURITY, "max-age=31536000");
        }
    }

    /// Whether the request is a stream of many on its connection.
    public static boolean http2(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2;
    }

    public RequestId id() {
        return id;
    }

    public HttpServerRequest request() {
        return request;
    }

    public HttpServerResponse response() {
        return request.response();
    }

    public Context context() {
        return context;
    }

    /// The credential of `Authorization: Bearer …`, or of `x-api-key`; null without either.
    public @Nullable String bearer() {
        String authorization = request.getHeader("authorization");
        if (authorization == null) {
            return request.getHeader("x-api-key");
        }
        return authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                ? authorization.substring(7).strip()
                : null;
    }

    /// The address from which the request comes, as far as our proxies can be believed.
    public String address() {
        return edge.origin().of(request);
    }

    /// The caller's own id, if it can be kept and shown without harm.
    public @Nullable String clientRequestId() {
        String own = request.getHeader("x-client-request-id");
        if (own == null) {
            own = request.getHeader("x-request-id");
        }
        return own == null || own.isBlank() || own.length() > MAX_CLIENT_ID_CHARS
                ? null
                : headerSafe(own);
    }

    /// Names what was sent and has no effect, in the header `x-mooring-ignored-fields`.
    public void ignored(List<String> fields) {
        if (!fields.isEmpty()) {
            response().putHeader("x-mooring-ignored-fields", headerSafe(String.join(", ", fields)));
        }
    }

    private static String headerSafe(String text) {
        String safe = text.replaceAll("[^\\x20-\\x7e]", "?");
        return safe.length() > MAX_HEADER_CHARS
                ? safe.substring(0, MAX_HEADER_CHARS) + "..."
                : safe;
    }

    /// The whole body; fails with the problem that keeps it from being read.
    public Future<Buffer> body(long limitBytes) {
        String type = request.getHeader("content-type");
        if (type != null && !bodiless() && !json(type)) {
            return Future.failedFuture(
                    new ProblemException(
                            new Problem.UnsupportedMediaType(
                                    "content-type: \""
                                            + headerSafe(type)
                                            + "\" (expected: application/json)")));
        }
        return BodyReader.read(
                request,
                context,
                new BodyBounds(limitBytes, edge.bodyTimeout(), edge.bodies()),
                this::giveBackAtTheEnd);
    }

    private static boolean json(String type) {
        int end = type.indexOf(';');
        String essence = (end < 0 ? type : type.substring(0, end)).strip();
        return essence.equalsIgnoreCase("application/json")
                || essence.regionMatches(true, essence.length() - 5, "+json", 0, 5);
    }

    /// Takes so much more of the memory that bodies share, until the answer has ended; fails when
    /// there is none.
    public Future<Void> room(long bytes) {
        return edge.bodies()
                .take(bytes, context)
                .map(
                        share -> {
                            giveBackAtTheEnd(share);
                            return null;
                        });
    }

    /// What was decoded from a body lives as long as its answer may need it again.
    private void giveBackAtTheEnd(ByteBudget.Share share) {
        bodyShare = share;
        onEnd(share::giveBack);
    }

    /// Nothing that was decoded from the body is needed any more: its memory is for others.
    public void bodyDone() {
        ByteBudget.Share share = bodyShare;
        bodyShare = null;
        if (share != null) {
            share.giveBack();
        }
    }

    /// Runs an action once the last byte is written or the connection has gone, at once if that is
    /// so.
    public void onEnd(Runnable action) {
        HttpServerResponse response = request.response();
        if (response.closed() || response.ended()) {
            action.run();
            return;
        }
        Runnable before = atEnd;
        if (before == null) {
            atEnd = action;
            response.endHandler(_ -> over());
        } else {
            atEnd =
                    () -> {
                        before.run();
                        action.run();
                    };
        }
    }

    private void over() {
        Runnable actions = atEnd;
        atEnd = null;
        if (actions != null) {
            actions.run();
        }
    }

    /// Answers with a JSON value and ends. Does nothing once an answer has begun.
    public void json(int status, Object value) {
        try {
            json(status, Buffer.buffer(Json.MAPPER.writeValueAsBytes(value)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a value that cannot be written as JSON", e);
        }
    }

    public void json(int status, Buffer body) {
        Recording copy = recording;
        if (copy != null) {
            recording = null;
            copy.piece(body);
            copy.end("application/json", () -> json(status, body));
            return;
        }
        HttpServerResponse response = request.response();
        if (response.headWritten() || response.closed()) {
            return;
        }
        response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, JSON);
        if (request.isEnded() || (bodiless() && !http2(request))) {
            if (!request.isEnded()) {
                request.resume();
            }
            response.end(body);
        } else {
            BodyReader.answerBeforeEnd(request, context, body, edge.discards());
        }
    }

    /// Whether nothing follows the head, so that the connection can serve the next request.
    private boolean bodiless() {
        String length = request.getHeader("content-length");
        return request.getHeader("transfer-encoding") == null
                && (length == null || length.equals("0"));
    }

    /// Ends the answer where it stands, so that nobody takes what came for all of it.
    public void cut() {
        if (http2(request)) {
            request.response().reset(INTERNAL_ERROR);
        } else {
            request.connection().close();
        }
    }

    /// Ends the answer of a client who does not read: what waits for it is thrown away, since an
    /// orderly end would wait behind that. Over HTTP/2 it is the stream that ends; a connection
    /// that takes nothing at all goes when it is idle.
    public void drop() {
        if (http2(request)) {
            request.response().reset(CANCEL);
        } else if (request.connection() instanceof ConnectionBase connection) {
            Channel channel = connection.channel();
            channel.unsafe().close(channel.voidPromise());
        } else {
            cut();
        }
    }

    /// Keeps a copy of the answer from now on, or with null no longer.
    public void record(@Nullable Recording copy) {
        recording = copy;
    }

    /// What keeps a copy of the answer; null for nothing.
    public @Nullable Recording recording() {
        return recording;
    }

    public boolean closing() {
        return closing;
    }
}
