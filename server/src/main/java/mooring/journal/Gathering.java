package mooring.journal;

/// How long a sync waits for company: not at all while few records come, some milliseconds while
/// many do. A sync costs the processor as much as half a request does, whatever it covers; a caller
/// who is alone should not wait for others.
///
/// Looked at in spans, so that neither a burst nor a pause of a moment decides. One caller after
/// the other, however fast, is not many: none of their records ever meets another in a sync. For
/// one thread.
final class Gathering {

    /// From one sync's start to the next one's, while many records come.
    private static final long INTERVAL_NANOS = 4_000_000;

    private static final long SPAN_NANOS = 20_000_000;

    /// Nanoseconds a record, from which on there are many: 4,000 records a second, 2,000 requests.
    private static final long MANY_NANOS = 250_000;

    /// Records a sync that show that they meet, in tenths.
    private static final long MEETING_TENTHS = 13;

    /// Fewer than so many a gathered sync, half of what counts as many, were not worth the wait.
    private static final long WORTH_IT = 8;

    private boolean gathering;
    private long spanStart;
    private long records;
    private long syncs;

    Gathering(long nowNanos) {
        this.spanStart = nowNanos;
    }

    /// The least time from one sync's start to the next one's.
    long intervalNanos() {
        return gathering ? INTERVAL_NANOS : 0;
    }

    /// Notes a sync.
    ///
    /// @param covered records that it covered
    void synced(long covered, long nowNanos) {
        records += covered;
        syncs++;
        long span = nowNanos - spanStart;
        if (span >= SPAN_NANOS) {
            gathering =
                    gathering
                            ? records >= WORTH_IT * syncs
                            : records >= span / MANY_NANOS
                                    && records * 10 >= MEETING_TENTHS * syncs;
            spanStart = nowNanos;
            records = 0;
            syncs = 0;
        }
    }
}
