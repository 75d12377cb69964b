package mooring.app;

import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.ExecutorService;

/// What this process does now and again, on threads that may block, until it stops.
///
/// @param closer ends it
record Repeating(Vertx vertx, ExecutorService blocking, Closer closer) {

    /// At once, and then so often.
    void every(Duration period, Runnable step) {
        blocking.execute(step);
        long timer = vertx.setPeriodic(period.toMillis(), _ -> blocking.execute(step));
        closer.add(() -> vertx.cancelTimer(timer));
    }
}
