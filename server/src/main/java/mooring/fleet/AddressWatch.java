package mooring.fleet;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mooring.replicas.Replica;
import org.jspecify.annotations.Nullable;

/// Asks an engine that runs elsewhere, twice a second, whether it serves.
///
/// `GET /health` decides where an engine has it; of an address without one it is enough that it
/// answers at all.
final class AddressWatch implements AutoCloseable {

    /// Short enough for an engine that hangs to be out within 3 s: two checks and the pauses before
    /// them.
    static final Duration EVERY = Duration.ofMillis(450);

    static final Duration PROBE = Duration.ofSeconds(1);

    /// Failed checks in a row after which nothing more is sent there.
    static final int MISSES = 2;

    private final Replica replica;
    private final HttpRequest probe;
    private final Runnable asked;
    private HttpClient client;
    private final CountDownLatch closing = new CountDownLatch(1);

    private AddressWatch(Replica replica, URI url, @Nullable String key, Runnable asked) {
        this.replica = replica;
        this.asked = asked;
        this.client = freshClient();
        String base = url.toString();
        HttpRequest.Builder request =
                HttpRequest.newBuilder(
                                URI.create(
                                        (base.endsWith("/")
                                                        ? base.substring(0, base.length() - 1)
                                                        : base)
                                                + "/health"))
                        .timeout(PROBE);
        if (key != null) {
            request.header("authorization", "Bearer " + key);
        }
        this.probe = request.build();
    }

    static AddressWatch start(Replica replica, URI url, @Nullable String key, Runnable asked) {
        AddressWatch watch = new AddressWatch(replica, url, key, asked);
        Thread.ofVirtual().name("watch-" + replica.id()).start(watch::run);
        return watch;
    }

    private void run() {
        int misses = 0;
        try {
            do {
                String trouble = trouble();
                if (trouble == null) {
                    misses = 0;
                    replica.update(new Replica.State.Ready());
                } else if (++misses >= MISSES || !replica.ready()) {
                    replica.update(new Replica.State.Down(trouble));
                    // Its own trouble must not be taken for the engine's for ever.
                    client.close();
                    client = freshClient();
                }
                asked.run();
            } while (!closing.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            client.close();
        }
    }

    private static HttpClient freshClient() {
        return HttpClient.newBuilder()
                .connectTimeout(PROBE)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    private @Nullable String trouble() throws InterruptedException {
        try {
            int status = client.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status >= 500 ? probe.uri() + " answers " + status : null;
        } catch (IOException e) {
            return probe.uri() + " does not answer: " + e.getClass().getSimpleName();
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
