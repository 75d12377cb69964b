package mooring.http;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/// What is still coming of bodies that were refused, read and thrown away: most clients read an
/// answer only after they have sent everything. A few connections at a time, so that hundreds of
/// large refused bodies do not take the event loops from everybody else; the others wait in their
/// sockets. Each is read no faster than its share of the machine allows. For all event loops.
public final class Discards {

    /// Vert.x counts its timers from 0: 0 is somebody else's.
    private static final long NO_TIMER = -1;

    private static final int AT_ONCE = 2;

    /// A body of so many announced bytes is no work worth waiting for.
    private static final long SMALL_BYTES = 1024 * 1024;

    /// More are closed at once.
    private static final int MAX_WAITING = 4_096;

    /// How long one may go on sending once it is its turn.
    private static final Duration DISCARD_FOR = Duration.ofSeconds(5);

    private static final Duration MAX_WAIT = Duration.ofSeconds(60);

    /// So much of each that is read, and then a pause: 128 MiB a second at most, faster than most
    /// networks, and with all of them a fifth of what a core could throw away.
    private static final int BYTES_AT_ONCE = 512 * 1024;

    private static final long PAUSE_MILLIS = 4;

    private final Deque<Turn> waiting = new ArrayDeque<>();
    private int running;

    Discards() {}

    /// Reads a request's body to its end, in turn. It must be paused, its handlers set.
    ///
    /// @param announced how many bytes it has in all, below 0 when that is not known
    /// @param ended called once: when it was read to its end or broke off
    /// @param givenUp called instead when it took too long
    void discard(
            HttpServerRequest request,
            Context context,
            long announced,
            Runnable ended,
            Runnable givenUp) {
        Turn turn = new Turn(request, context, ended, givenUp);
        if (announced >= 0 && announced <= SMALL_BYTES) {
            turn.begin();
            turn.read();
            return;
        }
        synchronized (this) {
            if (waiting.size() >= MAX_WAITING) {
                givenUp.run();
                return;
            }
            waiting.add(turn);
        }
        turn.begin();
        next();
    }

    private void next() {
        while (true) {
            Turn turn;
            synchronized (this) {
                if (running >= AT_ONCE || waiting.isEmpty()) {
                    return;
                }
                turn = waiting.remove();
                running++;
            }
            turn.context.runOnContext(_ -> turn.run());
        }
    }

    private void done() {
        synchronized (this) {
            running--;
        }
        next();
    }

    /// One request's. All but its place in the queue is touched on its own context alone.
    private final class Turn {
        private final HttpServerRequest request;
        private final Context context;
        private final Runnable ended;
        private final Runnable givenUp;
        private long timer = NO_TIMER;
        private long pause = NO_TIMER;
        private int bytes;
        private boolean running;
        private boolean over;

        Turn(HttpServerRequest request, Context context, Runnable ended, Runnable givenUp) {
            this.request = request;
            this.context = context;
            this.ended = ended;
            this.givenUp = givenUp;
        }

        void begin() {
            timer = context.owner().setTimer(MAX_WAIT.toMillis(), _ -> end(givenUp));
            request.end().onComplete(_ -> end(ended));
        }

        void run() {
            if (over) {
                done();
                return;
            }
            running = true;
            read();
        }

        void read() {
            cancel(timer);
            timer = context.owner().setTimer(DISCARD_FOR.toMillis(), _ -> end(givenUp));
            request.handler(this::part);
            request.resume();
        }

        private void part(Buffer part) {
            bytes += part.length();
            if (bytes >= BYTES_AT_ONCE) {
                bytes = 0;
                request.pause();
                pause = context.owner().setTimer(PAUSE_MILLIS, _ -> request.resume());
            }
        }

        private void cancel(long id) {
            if (id != NO_TIMER) {
                context.owner().cancelTimer(id);
            }
        }

        private void end(Runnable how) {
            if (over) {
                return;
            }
            over = true;
            cancel(timer);
            cancel(pause);
            how.run();
            if (running) {
                done();
            }
        }
    }
}
