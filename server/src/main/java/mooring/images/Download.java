package mooring.images;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import mooring.inference.ContentPart;
import mooring.inference.ImageType;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// One picture on its way here. Runs on one event loop; ends once.
final class Download {

    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final int MAX_SHOWN_CHARS = 100;
    private static final String PUBLIC = "an address that everybody can reach";

    private final ContentPart.RemoteImage image;
    private final Vertx vertx;
    private final Context context;
    private final HttpClient client;
    private final ImageFetcher.Resolver resolver;
    private final Predicate<InetAddress> allowed;
    private final LongFunction<Future<Void>> room;
    private final Promise<ContentPart.Image> promise = Promise.promise();
    private final Buffer bytes = Buffer.buffer();
    private @Nullable HttpClientRequest request;
    private int redirects;

    Download(
            ContentPart.RemoteImage image,
            Vertx vertx,
            Context context,
            HttpClient client,
            ImageFetcher.Resolver resolver,
            Predicate<InetAddress> allowed,
            LongFunction<Future<Void>> room) {
        this.image = image;
        this.vertx = vertx;
        this.context = context;
        this.client = client;
        this.resolver = resolver;
        this.allowed = allowed;
        this.room = room;
    }

    Future<ContentPart.Image> start() {
        long timer =
                vertx.setTimer(
                        ImageFetcher.DEADLINE.toMillis(),
                        _ ->
                                fail(
                                        "a server that sends the image within "
                                                + ImageFetcher.DEADLINE.toSeconds()
                                                + " s"));
        follow(image.url());
        return promise.future().onComplete(_ -> vertx.cancelTimer(timer));
    }

    private void follow(URI url) {
        String host = url.getHost();
        if (host.startsWith("[")) {
            host = host.substring(1, host.length() - 1);
        }
        String name = host;
        vertx.executeBlocking(() -> resolver.addresses(name), false)
                .onComplete(
                        found ->
                                context.runOnContext(
                                        _ -> {
                                            if (found.failed()) {
                                                unresolved(found.cause());
                                            } else {
                                                connect(url, name, found.result());
                                            }
                                        }));
    }

    private void unresolved(Throwable cause) {
        if (cause instanceof UnknownHostException) {
            fail("a host that is known");
        } else {
            promise.tryFail(cause);
        }
    }

    private void connect(URI url, String host, List<InetAddress> addresses) {
        if (promise.future().isComplete()) {
            return;
        }
        if (addresses.isEmpty() || !addresses.stream().allMatch(allowed)) {
            fail(PUBLIC);
            return;
        }
        boolean secure = "https".equalsIgnoreCase(url.getScheme());
        int port = url.getPort() > 0 ? url.getPort() : secure ? 443 : 80;
        String path =
                url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        client.request(
                        new RequestOptions()
                                .setMethod(HttpMethod.GET)
                                .setServer(
                                        SocketAddress.inetSocketAddress(
                                                port, addresses.getFirst().getHostAddress()))
                                .setHost(host)
                                .setPort(port)
                                .setSsl(secure)
                                .setURI(
                                        url.getRawQuery() == null
                                                ? path
                                                : path + "?" + url.getRawQuery())
                                .putHeader("accept", "image/*")
                                .putHeader("user-agent", "mooring"))
                .compose(
                        opened -> {
                            request = opened;
                            return promise.future().isComplete()
                                    ? Future.failedFuture("over")
                                    : opened.send();
                        })
                .onSuccess(response -> answered(url, response))
                .onFailure(_ -> fail("a server that answers"));
    }

    private void answered(URI url, HttpClientResponse response) {
        if (promise.future().isComplete()) {
            return;
        }
        int status = response.statusCode();
        if (REDIRECTS.contains(status)) {
            redirected(url, response.getHeader("location"));
            return;
        }
        if (status != 200) {
            fail("a server that answers 200, not " + status);
            return;
        }
        long announced = announced(response);
        if (announced > ImageFetcher.MAX_BYTES) {
            tooLarge();
            return;
        }
        response.pause();
        // What is kept is Base64, a third longer than what is read.
        room.apply((announced < 0 ? ImageFetcher.MAX_BYTES : announced) / 3 * 4)
                .onFailure(promise::tryFail)
                .onSuccess(_ -> read(response));
    }

    private void read(HttpClientResponse response) {
        response.exceptionHandler(_ -> fail("an image that comes whole"));
        response.handler(this::more);
        response.endHandler(_ -> whole());
        response.resume();
    }

    private void more(Buffer piece) {
        if (bytes.length() + piece.length() > ImageFetcher.MAX_BYTES) {
            tooLarge();
        } else if (!promise.future().isComplete()) {
            bytes.appendBuffer(piece);
        }
    }

    private void whole() {
        if (promise.future().isComplete()) {
            return;
        }
        byte[] all = bytes.getBytes();
        ImageType type = ImageType.of(all);
        if (type == null) {
            fail(ImageType.EXPECTED);
        } else {
            promise.tryComplete(
                    new ContentPart.Image(
                            type, Base64.getEncoder().encodeToString(all), image.detail()));
        }
    }

    private void redirected(URI from, @Nullable String location) {
        close();
        URI next;
        try {
            next = location == null ? null : from.resolve(location);
        } catch (IllegalArgumentException e) {
            next = null;
        }
        redirects++;
        String scheme = next == null ? null : next.getScheme();
        boolean fit =
                next != null
                        && next.getHost() != null
                        && next.getRawUserInfo() == null
                        && ("https".equalsIgnoreCase(scheme)
                                || ("http".equalsIgnoreCase(scheme)
                                        && "http".equalsIgnoreCase(from.getScheme())));
        if (next == null || !fit || redirects > ImageFetcher.MAX_REDIRECTS) {
            fail(
                    "the image itself, or at most "
                            + ImageFetcher.MAX_REDIRECTS
                            + " redirects to https URLs");
        } else {
            follow(next);
        }
    }

    private static long announced(HttpClientResponse response) {
        String length = response.getHeader("content-length");
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    private void tooLarge() {
        fail("an image of at most " + (ImageFetcher.MAX_BYTES >> 20) + " MiB");
    }

    private void fail(String expected) {
        if (promise.tryFail(refused(image, expected))) {
            close();
        }
    }

    private void close() {
        HttpClientRequest open = request;
        if (open != null) {
            request = null;
            open.reset();
        }
    }

    static ProblemException refused(ContentPart.RemoteImage image, String expected) {
        String url = image.url().toString();
        return new ProblemException(
                Problem.InvalidRequest.of(
                        image.field(),
                        "\""
                                + (url.length() > MAX_SHOWN_CHARS
                                        ? url.substring(0, MAX_SHOWN_CHARS) + "…"
                                        : url)
                                + "\"",
                        expected));
    }
}
