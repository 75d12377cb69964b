package mooring.bench;

/// Times by how often each occurred, to 2 % of the value, in a fixed amount of memory.
final class LatencyCounts {

    private static final double STEP = 1.02;
    private static final double LEAST_NANOS = 1_000;
    private static final int BUCKETS = 1_000;

    private final long[] counts = new long[BUCKETS];
    private long all;
    private long longest;

    void add(long nanos) {
        counts[bucket(nanos)]++;
        all++;
        longest = Math.max(longest, nanos);
    }

    private static int bucket(long nanos) {
        if (nanos <= LEAST_NANOS) {
            return 0;
        }
        return Math.min(BUCKETS - 1, (int) (Math.log(nanos / LEAST_NANOS) / Math.log(STEP)) + 1);
    }

    long count() {
        return all;
    }

    /// The time that this share of all did not exceed, in milliseconds.
    double millis(double share) {
        long rank = (long) Math.ceil(share * all);
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts[i];
            if (seen >= rank && seen > 0) {
                return Math.min(LEAST_NANOS * Math.pow(STEP, i), (double) longest) / 1e6;
            }
        }
        return 0;
    }

    double longestMillis() {
        return longest / 1e6;
    }
}
