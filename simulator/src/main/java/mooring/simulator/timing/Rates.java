package mooring.simulator.timing;

/// How fast the engine computes; a rate of zero means at once.
///
/// A step computes up to `maxBatchedTokens` prompt tokens at `promptTokensPerSecond` and makes one
/// token for every running sequence in `1 / outputTokensPerSecond`, so prefill slows decoding.
public record Rates(
        double promptTokensPerSecond, double outputTokensPerSecond, int maxBatchedTokens) {

    private static final double NANOS_PER_SECOND = 1e9;

    long promptNanos(long tokens) {
        return promptTokensPerSecond == 0
                ? 0
                : Math.round(tokens * NANOS_PER_SECOND / promptTokensPerSecond);
    }

    long decodeNanos() {
        return nanosPerToken(outputTokensPerSecond);
    }

    static long nanosPerToken(double tokensPerSecond) {
        return tokensPerSecond == 0 ? 0 : Math.round(NANOS_PER_SECOND / tokensPerSecond);
    }
}
