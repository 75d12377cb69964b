package mooring.ledger.lease;

/// What a purse spent in the last seconds: charges, and what was taken from it and has not come
/// back. Not safe for threads.
final class Spend {

    /// Four buckets make the window.
    private static final int BUCKETS = 4;

    private static final long BUCKET_NANOS = 1_000_000_000;

    /// A purse in use for less than this is taken to be this old.
    private static final long YOUNGEST_NANOS = 250_000_000;

    private final long[] charged = new long[BUCKETS];
    private final long[] net = new long[BUCKETS];
    private long bucket;
    private long sinceNanos;

    Spend(long now) {
        this.bucket = now / BUCKET_NANOS;
        this.sinceNanos = now;
    }

    void placed(long amount, long now) {
        net[slot(now)] += amount;
    }

    /// A hold has ended of which `kept` is charged.
    void ended(long hold, long kept, long now) {
        int slot = slot(now);
        net[slot] -= hold - kept;
        charged[slot] += kept;
    }

    /// Nano units charged in a second.
    long charged(long now) {
        return rate(charged, now);
    }

    /// Nano units taken in a second, less what came back; 0 when more came back.
    long net(long now) {
        return rate(net, now);
    }

    private long rate(long[] buckets, long now) {
        slot(now);
        long sum = 0;
        for (long each : buckets) {
            sum += each;
        }
        if (sum <= 0) {
            return 0;
        }
        // The current bucket is not full yet.
        long windowNanos = (BUCKETS - 1) * BUCKET_NANOS + now % BUCKET_NANOS;
        long seenNanos = Math.clamp(now - sinceNanos, YOUNGEST_NANOS, windowNanos);
        long millis = seenNanos / 1_000_000;
        // Both factors below 2^63: amounts by the second first, when they are large.
        return sum > Long.MAX_VALUE / 1_000 ? sum / millis * 1_000 : sum * 1_000 / millis;
    }

    private int slot(long now) {
        long current = now / BUCKET_NANOS;
        for (long passed = 1; passed <= BUCKETS && bucket < current; passed++) {
            bucket++;
            charged[(int) (bucket % BUCKETS)] = 0;
            net[(int) (bucket % BUCKETS)] = 0;
        }
        bucket = Math.max(bucket, current);
        return (int) (bucket % BUCKETS);
    }
}
