package mooring.fleet;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import mooring.replicas.Replica;
import mooring.time.Clock;
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

    /// For an engine that is too busy to answer, to show that it is there at all.
    private static final Duration CONNECT = Duration.ofMillis(300);

    /// An engine that works for us may leave its checks unanswered this long, as over a long
    /// prompt, before it is taken to hang. Whoever waits for it meanwhile has deadlines of its own.
    private static final Duration LONGEST_BUSY = Duration.ofSeconds(30);

    private final Replica replica;
    private final Clock clock;
    private final HttpRequest probe;
    private final Runnable asked;
    private HttpClient client;
    private final CountDownLatch closing = new CountDownLatch(1);

    private AddressWatch(
            Replica replica, URI url, @Nullable String key, Runnable asked, Clock clock) {
        this.replica = replica;
        this.clock = clock;
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

    static AddressWatch start(
            Replica replica, URI url, @Nullable String key, Runnable asked, Clock clock) {
        AddressWatch watch = new AddressWatch(replica, url, key, asked, clock);
        Thread.ofVirtual().name("watch-" + replica.id()).start(watch::run);
        return watch;
    }

    /// What one check found.
    private sealed interface Finding {

        record Serves() implements Finding {}

        /// It answers nothing, but takes connections.
        record Silent(String trouble) implements Finding {}

        /// It answers with an error, or its connections fail.
        record Failing(String trouble) implements Finding {}

        /// Neither answers nor connections.
        record Gone(String trouble) implements Finding {}
    }

    private void run() {
        int misses = 0;
        long heard = replica.timesHeard();
        long aliveNanos = clock.monotonicNanos();
        try {
            do {
                Finding finding = look();
                long now = clock.monotonicNanos();
                long heardNow = replica.timesHeard();
                if (finding instanceof Finding.Serves || heardNow != heard) {
                    // Answers say more than checks do.
                    aliveNanos = now;
                }
                heard = heardNow;
                String trouble =
                        switch (finding) {
                            case Finding.Serves _ -> null;
                            case Finding.Silent(String text) ->
                                    busy(now - aliveNanos) ? null : text;
                            case Finding.Failing(String text) -> now == aliveNanos ? null : text;
                            case Finding.Gone(String text) -> {
                                misses = MISSES;
                                yield text;
                            }
                        };
                if (trouble == null) {
                    misses = 0;
                    if (finding instanceof Finding.Serves) {
                        replica.update(new Replica.State.Ready());
                    }
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

    /// Whether silence has a reason: an answer is coming, or work of ours is there that may keep it
    /// from answering checks.
    private boolean busy(long silentNanos) {
        return replica.ready()
                && (silentNanos == 0
                        || (replica.inFlight() > 0 && silentNanos < LONGEST_BUSY.toNanos()));
    }

    private Finding look() throws InterruptedException {
        try {
            int status = client.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status >= 500
                    ? new Finding.Failing(probe.uri() + " answers " + status)
                    : new Finding.Serves();
        } catch (HttpConnectTimeoutException e) {
            return new Finding.Failing(silence(e));
        } catch (HttpTimeoutException e) {
            return connects() ? new Finding.Silent(silence(e)) : new Finding.Gone(silence(e));
        } catch (IOException e) {
            return new Finding.Failing(silence(e));
        }
    }

    private String silence(IOException cause) {
        return probe.uri() + " does not answer: " + cause.getClass().getSimpleName();
    }

    private boolean connects() {
        URI url = probe.uri();
        int port = url.getPort() > 0 ? url.getPort() : "https".equals(url.getScheme()) ? 443 : 80;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(url.getHost(), port), (int) CONNECT.toMillis());
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
