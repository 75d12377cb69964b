package mooring.simulator;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mooring.simulator.timing.Rates;
import org.jspecify.annotations.Nullable;

/// What a pretend engine is started with.
///
/// Rates of 0 mean full speed. A port of 0 takes a free one. No keys means that none is asked for.
public record SimulatorOptions(
        int port,
        List<String> models,
        int contextTokens,
        Rates rates,
        int maxNumSeqs,
        int maxWaiting,
        int cacheBlocks,
        int defaultOutputTokens,
        List<String> apiKeys,
        @Nullable Path logFile) {

    public SimulatorOptions {
        models = List.copyOf(models);
        apiKeys = List.copyOf(apiKeys);
        atLeast("port", port, 0);
        atLeast("context", contextTokens, 2);
        atLeast("max-num-seqs", maxNumSeqs, 1);
        atLeast("max-waiting", maxWaiting, 1);
        atLeast("max-batched-tokens", rates.maxBatchedTokens(), 1);
        atLeast("cache-blocks", cacheBlocks, 0);
        atLeast("default-output-tokens", defaultOutputTokens, 0);
        if (models.isEmpty()) {
            throw new IllegalArgumentException("model: none (expected: at least one)");
        }
        if (!(rates.promptTokensPerSecond() >= 0) || !(rates.outputTokensPerSecond() >= 0)) {
            throw new IllegalArgumentException("rates: " + rates + " (expected: 0 or more)");
        }
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    name + ": " + value + " (expected: at least " + least + ")");
        }
    }

    /// One model `simulated`, a free port, full speed, 256 slots, a window of 131,072 tokens.
    public static SimulatorOptions defaults() {
        return builder().build();
    }

    /// Options to be changed from the defaults.
    public static Builder builder() {
        return new Builder();
    }

    /// Collects what differs from the defaults.
    public static final class Builder {
        private int port;
        private final List<String> models = new ArrayList<>();
        private int contextTokens = 131_072;
        private double promptTokensPerSecond;
        private double outputTokensPerSecond;
        private int maxBatchedTokens = 8_192;
        private int maxNumSeqs = 256;
        private int maxWaiting = 16_384;
        private int cacheBlocks = 65_536;
        private int defaultOutputTokens = 16;
        private final List<String> apiKeys = new ArrayList<>();
        private @Nullable Path logFile;

        private Builder() {}

        /// The port; 0 takes a free one.
        public Builder port(int value) {
            port = value;
            return this;
        }

        /// One more model that is served.
        public Builder model(String name) {
            models.add(name);
            return this;
        }

        /// The window: prompt and output together.
        public Builder contextTokens(int value) {
            contextTokens = value;
            return this;
        }

        /// How fast the engine as a whole reads prompts.
        public Builder promptTokensPerSecond(double value) {
            promptTokensPerSecond = value;
            return this;
        }

        /// How fast each running request writes.
        public Builder outputTokensPerSecond(double value) {
            outputTokensPerSecond = value;
            return this;
        }

        /// Most prompt tokens that one step computes.
        public Builder maxBatchedTokens(int value) {
            maxBatchedTokens = value;
            return this;
        }

        /// How many requests run at once.
        public Builder maxNumSeqs(int value) {
            maxNumSeqs = value;
            return this;
        }

        /// How many requests may wait for a slot before more are refused with 503.
        public Builder maxWaiting(int value) {
            maxWaiting = value;
            return this;
        }

        /// How many blocks of 16 tokens the prefix cache keeps.
        public Builder cacheBlocks(int value) {
            cacheBlocks = value;
            return this;
        }

        /// Tokens of an answer for which nothing else is ordered.
        public Builder defaultOutputTokens(int value) {
            defaultOutputTokens = value;
            return this;
        }

        /// One more key that is accepted.
        public Builder apiKey(String key) {
            apiKeys.add(key);
            return this;
        }

        /// Where every record goes as a line of JSON.
        public Builder logFile(@Nullable Path file) {
            logFile = file;
            return this;
        }

        /// The options.
        public SimulatorOptions build() {
            return new SimulatorOptions(
                    port,
                    models.isEmpty() ? List.of("simulated") : models,
                    contextTokens,
                    new Rates(promptTokensPerSecond, outputTokensPerSecond, maxBatchedTokens),
                    maxNumSeqs,
                    maxWaiting,
                    cacheBlocks,
                    defaultOutputTokens,
                    apiKeys,
                    logFile);
        }
    }
}
