package mooring.ids;

import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import mooring.time.Clock;

/// Mints UUIDs of version 7 (RFC 9562) that only ever rise on this node.
///
/// The 48 bits of milliseconds and the 12 bits behind them form one counter: several ids within a
/// millisecond count up, a clock that steps back keeps counting from the last one.
public final class IdGenerator {

    private static final int COUNTER_BITS = 12;

    private final Clock clock;
    private final SecureRandom random = new SecureRandom();
    private final AtomicLong last = new AtomicLong();

    public IdGenerator(Clock clock) {
        this.clock = clock;
    }

    public UUID next() {
        long floor = clock.now().toEpochMilli() << COUNTER_BITS;
        long stamp = last.updateAndGet(previous -> Math.max(previous + 1, floor));
        long high = (stamp >>> COUNTER_BITS << 16) | 0x7000L | (stamp & ((1L << COUNTER_BITS) - 1));
        long low = (random.nextLong() >>> 2) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }

    public RequestId nextRequest() {
        return new RequestId(next());
    }
}
