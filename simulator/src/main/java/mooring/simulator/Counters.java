package mooring.simulator;

import java.util.Map;
import java.util.TreeMap;

/// The running totals behind `/metrics`, for one model. Event loop only.
final class Counters {

    /// Upper bounds of the latency histograms in seconds; a few of vLLM's.
    static final double[] BUCKETS = {0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60};

    /// A latency as Prometheus counts it.
    static final class Histogram {
        final long[] counts = new long[BUCKETS.length];
        long count;
        double sumSeconds;

        void add(double seconds) {
            count++;
            sumSeconds += seconds;
            for (int i = 0; i < BUCKETS.length; i++) {
                if (seconds <= BUCKETS[i]) {
                    counts[i]++;
                }
            }
        }
    }

    final Histogram firstToken = new Histogram();
    final Histogram whole = new Histogram();
    final Map<String, Long> finished = new TreeMap<>();
    long promptTokens;
    long computedPromptTokens;
    long generatedTokens;
    double promptSeconds;
    double decodeSeconds;

    void firstToken(int prompt, int cached, double seconds) {
        promptTokens += prompt;
        computedPromptTokens += prompt - cached;
        promptSeconds += seconds;
        firstToken.add(seconds);
    }

    void ended(String reason, double wholeSeconds, double decoding) {
        finished.merge(reason, 1L, Long::sum);
        whole.add(wholeSeconds);
        decodeSeconds += decoding;
    }
}
