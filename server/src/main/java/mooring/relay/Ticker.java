package mooring.relay;

import io.netty.channel.EventLoop;
import io.vertx.core.Context;
import io.vertx.core.internal.ContextInternal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Looks at the clock for all running answers of an event loop at once: one timer for each loop,
/// however many answers run there, and none while nothing does.
public final class Ticker {

    /// How often deadlines are looked at: nothing here is finer than a second.
    private static final long TICK_MILLIS = 500;

    private final Map<EventLoop, Loop> loops = new ConcurrentHashMap<>();

    /// Runs `action` on this context at every tick until the result is stopped. To be called, and
    /// stopped, on the context's event loop.
    Watch watch(Context context, Runnable action) {
        ContextInternal internal = (ContextInternal) context;
        Loop loop = loops.computeIfAbsent(internal.nettyEventLoop(), Loop::new);
        return loop.add(new Watch(loop, internal, action));
    }

    /// One who is told of each tick: a link of a chain that only its loop touches.
    static final class Watch {

        private final Loop loop;
        private final ContextInternal context;
        private final Runnable action;
        private @Nullable Watch before;
        private @Nullable Watch after;
        private boolean stopped;

        private Watch(Loop loop, ContextInternal context, Runnable action) {
            this.loop = loop;
            this.context = context;
            this.action = action;
        }

        /// Harmless when it is stopped already.
        void stop() {
            if (!stopped) {
                stopped = true;
                loop.remove(this);
            }
        }
    }

    private static final class Loop {

        private final EventLoop thread;
        private @Nullable Watch first;
        private boolean ticking;

        private Loop(EventLoop thread) {
            this.thread = thread;
        }

        private Watch add(Watch watch) {
            Watch next = first;
            watch.after = next;
            if (next != null) {
                next.before = watch;
            }
            first = watch;
            if (!ticking) {
                ticking = true;
                again();
            }
            return watch;
        }

        /// Its own `after` stays, for the walk that may just stand on it.
        private void remove(Watch watch) {
            if (watch.before == null) {
                first = watch.after;
            } else {
                watch.before.after = watch.after;
            }
            if (watch.after != null) {
                watch.after.before = watch.before;
            }
        }

        private void again() {
            var _ = thread.schedule(this::tick, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void tick() {
            if (first == null) {
                ticking = false;
                return;
            }
            again();
            for (Watch watch = first; watch != null; watch = watch.after) {
                if (!watch.stopped) {
                    watch.context.dispatch(watch.action, Runnable::run);
                }
            }
        }
    }
}
