package mooring.app;

import io.netty.channel.Channel;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import mooring.http.Exchange;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;

/// The open connections of the public port, and how all of them are left so that no caller sees a
/// failure: nobody is cut off, and nobody meets a closed door who was not told.
///
/// First no new ones are asked for, and those whose handshake had begun are taken. An answer says
/// that its connection ends with it. A connection that is quiet may get a request at any moment, so
/// it stays open for a while longer; only then it is closed.
final class Lanes {

    private static final long LOOK_MILLIS = 20;

    /// For handshakes that had begun; a caller's system repeats a dropped packet after 1 s, which
    /// must find the socket gone.
    private static final Duration HANDSHAKES = Duration.ofMillis(500);

    /// So long nobody came before the socket closes; beyond [#HANDSHAKES], twice that at most.
    private static final Duration QUIET = Duration.ofMillis(100);

    /// An answer that runs is never ended from here: whoever drains has a deadline for them.
    private static final long UNHURRIED_HOURS = 2;

    private final Clock clock = Clock.system();
    private final Map<HttpConnection, Lane> open = new ConcurrentHashMap<>();
    private final AtomicLong taken = new AtomicLong();
    private volatile @Nullable Channel listener;
    private volatile boolean leaving;
    private volatile boolean portClosed;

    /// One connection.
    private final class Lane {
        private final HttpConnection connection;

        /// Belongs to the connection's event loop; a look from elsewhere may be a moment late.
        private volatile int running;

        private volatile long quietSince;

        Lane(HttpConnection connection) {
            this.connection = connection;
            this.quietSince = clock.monotonicNanos();
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
        void begun() {
            running++;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate")
        void ended() {
            quietSince = clock.monotonicNanos();
            running--;
        }
    }

    int size() {
        return open.size();
    }

    /// Whether nothing is open any more after [#leave].
    boolean left() {
        return portClosed && open.isEmpty();
    }

    void opened(HttpConnection connection) {
        taken.incrementAndGet();
        if (listener == null && connection instanceof ConnectionBase base) {
            listener = base.channel().parent();
        }
        open.put(connection, new Lane(connection));
        if (leaving) {
            goAway(connection);
        }
    }

    void closed(HttpConnection connection) {
        open.remove(connection);
    }

    /// A request has come; the lane is not quiet until its answer has ended.
    void arrived(Exchange exchange) {
        Lane lane = open.get(exchange.request().connection());
        if (lane == null) {
            return;
        }
        lane.begun();
        exchange.onEnd(
                () -> {
                    lane.ended();
                    if (exchange.closing() && !Exchange.http2(exchange.request())) {
                        shutdown(lane.connection);
                    }
                });
    }

    /// Begins to leave. From now on answers must say that their connections end.
    ///
    /// @param idle how long a quiet connection may still be used; zero closes quiet ones at once,
    ///   and the port too
    void leave(Vertx vertx, Duration idle) {
        leaving = true;
        long began = clock.monotonicNanos();
        Channel socket = listener;
        if (idle.isZero() || socket == null) {
            closePort(socket);
        } else {
            NewConnections.drop(socket);
            awaitQuiet(vertx, socket, began, new long[] {taken.get(), began});
        }
        open.keySet().forEach(Lanes::goAway);
        vertx.setPeriodic(LOOK_MILLIS, _ -> look(began, idle));
        look(began, idle);
    }

    /// @param last how many had come when it was looked, and since when it is no more
    private void awaitQuiet(Vertx vertx, Channel socket, long began, long[] last) {
        vertx.setTimer(
                LOOK_MILLIS,
                _ -> {
                    long now = clock.monotonicNanos();
                    if (taken.get() != last[0]) {
                        last[0] = taken.get();
                        last[1] = now;
                    }
                    long waited = now - began;
                    boolean quiet = now - last[1] >= QUIET.toNanos();
                    if (waited >= HANDSHAKES.toNanos()
                            && (quiet || waited >= HANDSHAKES.plus(QUIET).plus(QUIET).toNanos())) {
                        closePort(socket);
                    } else {
                        awaitQuiet(vertx, socket, began, last);
                    }
                });
    }

    /// Without a caller ever, nobody knows the socket, and it closes with everything else.
    private void closePort(@Nullable Channel socket) {
        if (socket == null) {
            portClosed = true;
        } else {
            socket.close().addListener(_ -> portClosed = true);
        }
    }

    private void look(long began, Duration idle) {
        long now = clock.monotonicNanos();
        for (Lane lane : open.values()) {
            long since = Math.max(began, lane.quietSince);
            if (lane.running == 0 && now - since >= idle.toNanos()) {
                shutdown(lane.connection);
            }
        }
    }

    /// Where requests share a connection, the caller is told at once; one on its way still counts.
    private static void goAway(HttpConnection connection) {
        try {
            connection.goAway(0, Integer.MAX_VALUE);
        } catch (UnsupportedOperationException _) {
            // HTTP/1.1 says so with its next answer.
        }
    }

    /// Closes once nothing runs on it.
    private static void shutdown(HttpConnection connection) {
        connection.shutdown(UNHURRIED_HOURS, TimeUnit.HOURS);
    }
}
