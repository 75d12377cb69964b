package mooring.images;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import mooring.inference.ContentPart;
import mooring.inference.Message;
import mooring.inference.Request;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Fetches the pictures that a request names by URL, from public addresses only.
///
/// A name is resolved once, every address that it has must be public, and the connection goes to
/// the very address that was looked at, so that no second answer of a name server counts. Each
/// redirect is a new URL and is judged like the first.
public final class ImageFetcher implements AutoCloseable {

    /// Of one picture.
    static final long MAX_BYTES = 20L << 20;

    /// From the name's resolution to the last byte, all redirects included.
    static final Duration DEADLINE = Duration.ofSeconds(5);

    static final int MAX_REDIRECTS = 3;

    /// Downloads at once, of all callers together.
    private static final int MAX_AT_ONCE = 64;

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    /// All addresses of a host.
    @FunctionalInterface
    public interface Resolver {
        List<InetAddress> addresses(String host) throws UnknownHostException;
    }

    private final Vertx vertx;
    private final HttpClient client;
    private final Resolver resolver;
    private final Predicate<InetAddress> allowed;
    private final boolean enabled;
    private final Semaphore places = new Semaphore(MAX_AT_ONCE);

    private ImageFetcher(
            Vertx vertx, Resolver resolver, Predicate<InetAddress> allowed, boolean enabled) {
        this.vertx = vertx;
        this.resolver = resolver;
        this.allowed = allowed;
        this.enabled = enabled;
        this.client =
                vertx.createHttpClient(
                        new HttpClientOptions()
                                .setConnectTimeout((int) CONNECT.toMillis())
                                .setKeepAlive(false)
                                .setMaxRedirects(0),
                        new PoolOptions()
                                .setHttp1MaxSize(MAX_AT_ONCE)
                                .setMaxWaitQueueSize(MAX_AT_ONCE));
    }

    /// From the public internet.
    public static ImageFetcher ofPublic(Vertx vertx) {
        return new ImageFetcher(
                vertx,
                host -> List.of(InetAddress.getAllByName(host)),
                PublicAddresses::contains,
                true);
    }

    /// Fetches nothing: every URL is refused.
    public static ImageFetcher none(Vertx vertx) {
        return new ImageFetcher(vertx, _ -> List.of(), _ -> false, false);
    }

    /// For tests: names and addresses as they say.
    public static ImageFetcher of(Vertx vertx, Resolver resolver, Predicate<InetAddress> allowed) {
        return new ImageFetcher(vertx, resolver, allowed, true);
    }

    /// The request with every picture in it; the same one when it names none by URL. Fails with
    /// [ProblemException] that names the URL's field.
    ///
    /// @param room asked for so many bytes of memory before they are read
    public Future<Request> inline(
            Request request, Context context, LongFunction<Future<Void>> room) {
        List<ContentPart.RemoteImage> remote = remote(request);
        if (remote.isEmpty()) {
            return Future.succeededFuture(request);
        }
        List<Future<ContentPart.Image>> fetched = new ArrayList<>(remote.size());
        for (ContentPart.RemoteImage image : remote) {
            fetched.add(fetch(image, context, room));
        }
        return Future.all(fetched)
                .map(_ -> replaced(request, fetched.stream().map(Future::result).iterator()));
    }

    private static List<ContentPart.RemoteImage> remote(Request request) {
        List<ContentPart.RemoteImage> remote = new ArrayList<>();
        for (Message message : request.messages()) {
            for (ContentPart part : message.content()) {
                if (part instanceof ContentPart.RemoteImage image) {
                    remote.add(image);
                }
            }
        }
        return remote;
    }

    private static Request replaced(Request request, Iterator<ContentPart.Image> images) {
        List<Message> messages = new ArrayList<>(request.messages().size());
        for (Message message : request.messages()) {
            messages.add(
                    message.withContent(
                            message.content().stream()
                                    .map(
                                            part ->
                                                    part instanceof ContentPart.RemoteImage
                                                            ? images.next()
                                                            : part)
                                    .toList()));
        }
        return request.withMessages(messages);
    }

    private Future<ContentPart.Image> fetch(
            ContentPart.RemoteImage image, Context context, LongFunction<Future<Void>> room) {
        if (!enabled) {
            return Future.failedFuture(
                    Download.refused(image, "a data URL, since this server fetches no images"));
        }
        if (!places.tryAcquire()) {
            return Future.failedFuture(
                    new ProblemException(
                            new Problem.Overloaded(
                                    "fetching as many images",
                                    MAX_AT_ONCE,
                                    MAX_AT_ONCE,
                                    RETRY_AFTER)));
        }
        Download download = new Download(image, vertx, context, client, resolver, allowed, room);
        return download.start().onComplete(_ -> places.release());
    }

    @Override
    public void close() {
        client.close();
    }
}
