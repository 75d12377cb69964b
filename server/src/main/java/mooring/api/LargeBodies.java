package mooring.api;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import java.util.function.Supplier;
import mooring.problem.ProblemException;

/// Decodes bodies: small ones at once, on the event loop, and large ones beside it, where they hold
/// nobody up. Of those few at a time, since decoding takes several times a body's size.
public final class LargeBodies {

    /// Above this a body is decoded on a worker.
    private static final int LARGE_BYTES = 256 * 1024;

    private static final int CORES_PER_WORKER = 2;

    private final WorkerExecutor workers;

    /// All doors of one Vert.x share their workers.
    public LargeBodies(Vertx vertx) {
        this.workers =
                vertx.createSharedWorkerExecutor(
                        "large-bodies",
                        Math.max(1, Runtime.getRuntime().availableProcessors() / CORES_PER_WORKER));
    }

    public <T> Future<T> decode(Buffer body, Supplier<T> decode) {
        return decode(large(body), decode);
    }

    public static boolean large(Buffer body) {
        return body.length() > LARGE_BYTES;
    }

    /// @param large whether it may take longer than an event loop has time for
    public <T> Future<T> decode(boolean large, Supplier<T> decode) {
        if (large) {
            return workers.executeBlocking(decode::get, false);
        }
        try {
            return Future.succeededFuture(decode.get());
        } catch (ProblemException e) {
            return Future.failedFuture(e);
        }
    }
}
