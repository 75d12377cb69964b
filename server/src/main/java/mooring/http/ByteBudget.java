package mooring.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// The memory that large request bodies share. Where it is used up, further large bodies are not
/// read from their sockets until others are done with, first come, first served.
///
/// For all event loops. Small bodies are not counted: together they are bounded by the number of
/// connections.
public final class ByteBudget {

    /// Bodies up to here are read without asking.
    static final int SMALL_BYTES = 64 * 1024;

    /// After this long a body that may not be read yet is refused.
    private static final Duration MAX_WAIT = Duration.ofSeconds(5);

    private static final int MAX_WAITING = 4_096;
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private record Waiter(long bytes, Context context, Promise<Share> promise) {}

    private final long total;
    private final Deque<Waiter> waiting = new ArrayDeque<>();
    private long free;

    public ByteBudget(long totalBytes) {
        this.total = totalBytes;
        this.free = totalBytes;
    }

    /// What fits this process: all that it can carry, and at most 192 MiB.
    public static ByteBudget ofHeap() {
        return new ByteBudget(Math.min(192L << 20, largest()));
    }

    /// The most that this process can carry, in bytes: a quarter of its heap, since a body is there
    /// twice while it is decoded.
    public static long largest() {
        return Runtime.getRuntime().maxMemory() / 4;
    }

    /// Some of the budget. Given back once, however often [#giveBack] is called.
    public final class Share {

        private long bytes;

        private Share(long bytes) {
            this.bytes = bytes;
        }

        public void giveBack() {
            ByteBudget.this.giveBack(this);
        }

        /// Makes this share the larger by another one of the same budget.
        void add(Share more) {
            synchronized (ByteBudget.this) {
                bytes += more.bytes;
                more.bytes = 0;
            }
        }
    }

    /// A share for a body of this size, at once or within seconds; fails with [ProblemException]
    /// when there is still none. A body larger than the whole budget waits until it is alone.
    Future<Share> take(long bytes, Context context) {
        return counted(bytes <= SMALL_BYTES ? 0 : Math.min(bytes, total), context);
    }

    /// Makes a share larger by so much, as a body turns out to need it.
    Future<Void> grow(Share share, long bytes, Context context) {
        long most;
        synchronized (this) {
            most = total - share.bytes;
        }
        return counted(Math.min(bytes, most), context)
                .map(
                        more -> {
                            share.add(more);
                            return null;
                        });
    }

    private Future<Share> counted(long counted, Context context) {
        Promise<Share> promise = Promise.promise();
        synchronized (this) {
            if (counted == 0 || (waiting.isEmpty() && counted <= free)) {
                free -= counted;
                return Future.succeededFuture(new Share(counted));
            }
            if (waiting.size() >= MAX_WAITING) {
                return Future.failedFuture(overloaded());
            }
            waiting.add(new Waiter(counted, context, promise));
        }
        long timer =
                context.owner().setTimer(MAX_WAIT.toMillis(), _ -> promise.tryFail(overloaded()));
        return promise.future().onComplete(_ -> context.owner().cancelTimer(timer));
    }

    /// Bytes that are in use now.
    public synchronized long used() {
        return total - free;
    }

    private void giveBack(Share share) {
        synchronized (this) {
            free += share.bytes;
            share.bytes = 0;
        }
        while (serveNext()) {
            // As many as fit now.
        }
    }

    private boolean serveNext() {
        Waiter next;
        synchronized (this) {
            next = waiting.peek();
            while (next != null && next.promise().future().isComplete()) {
                waiting.remove();
                next = waiting.peek();
            }
            if (next == null || next.bytes() > free) {
                return false;
            }
            waiting.remove();
            free -= next.bytes();
        }
        Share share = new Share(next.bytes());
        Promise<Share> promise = next.promise();
        next.context()
                .runOnContext(
                        _ -> {
                            if (!promise.tryComplete(share)) {
                                share.giveBack();
                            }
                        });
        return true;
    }

    private ProblemException overloaded() {
        return new ProblemException(
                new Problem.Overloaded("reading as many large bodies", total, used(), RETRY_AFTER));
    }
}
