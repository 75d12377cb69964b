package mooring.app;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.vertx.core.impl.transports.EpollTransport;
import io.vertx.core.impl.transports.TransportInternal;
import io.vertx.core.transport.Transport;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import mooring.time.Clock;

/// An event loop that takes turns at most so often while many requests come, as network cards hold
/// back their interrupts: what arrives within a moment is served in one turn, and sleeping, waking
/// and warming up are paid once for all of it. While few come, every event has a turn at once; so
/// have the pieces of streams, however many, since of them somebody waits for each.
///
/// A turn that lasts longer than the interval is followed by the next one at once, so that nothing
/// is waited for while there is more to do than time.
final class GatheringLoop implements IoHandler {

    /// From one turn's start to the next one's, while many come. The operating system's timer adds
    /// some 50 µs.
    static final long INTERVAL_NANOS = 500_000;

    /// Waits that are shorter cost more than they bring.
    private static final long SHORTEST_NANOS = 30_000;

    static final long SPAN_NANOS = 20_000_000;

    /// Requests in a span, from which on they are many: 3,000 a second. A single caller, however
    /// quick, has fewer.
    static final long MANY = 60;

    private final IoHandler loop;
    private final Clock clock;
    private final LongConsumer pause;
    private final LongAdder requests;
    private boolean gathering;
    private long turnStart;
    private long spanStart;
    private long requestsBefore;

    /// @param requests counted up by whoever takes them, over all loops
    /// @param pause waits for so many nanoseconds on the calling thread
    GatheringLoop(IoHandler loop, LongAdder requests, Clock clock, LongConsumer pause) {
        this.loop = loop;
        this.requests = requests;
        this.clock = clock;
        this.pause = pause;
        this.spanStart = clock.monotonicNanos();
        this.turnStart = spanStart;
    }

    /// The transport whose loops are such; the plain one where the operating system has no epoll.
    ///
    /// @param requests counted up by whoever takes them
    static Transport transport(LongAdder requests, Clock clock) {
        if (Transport.EPOLL == null || !Transport.EPOLL.available()) {
            return Transport.NIO;
        }
        return new TransportInternal(
                Transport.EPOLL.name(),
                true,
                null,
                new EpollTransport() {
                    @Override
                    public IoHandlerFactory ioHandlerFactory() {
                        return of(super.ioHandlerFactory(), requests, clock);
                    }
                });
    }

    private static IoHandlerFactory of(IoHandlerFactory loops, LongAdder requests, Clock clock) {
        return executor ->
                new GatheringLoop(
                        loops.newHandler(executor), requests, clock, LockSupport::parkNanos);
    }

    @Override
    public int run(IoHandlerContext context) {
        long now = clock.monotonicNanos();
        if (gathering && context.canBlock()) {
            long wait = turnStart + INTERVAL_NANOS - now;
            if (wait > SHORTEST_NANOS) {
                pause.accept(wait);
                now = clock.monotonicNanos();
            }
        }
        turnStart = now;
        look(now);
        return loop.run(context);
    }

    private void look(long now) {
        long span = now - spanStart;
        if (span >= SPAN_NANOS) {
            long sofar = requests.sum();
            gathering = (sofar - requestsBefore) * SPAN_NANOS >= MANY * span;
            requestsBefore = sofar;
            spanStart = now;
        }
    }

    @Override
    public void initialize() {
        loop.initialize();
    }

    @Override
    public void prepareToDestroy() {
        loop.prepareToDestroy();
    }

    @Override
    public void destroy() {
        loop.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return loop.register(handle);
    }

    @Override
    public void wakeup() {
        loop.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
        return loop.isCompatible(type);
    }
}
