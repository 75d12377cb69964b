package mooring.simulator.timing;

import org.jspecify.annotations.Nullable;

/// A speed ordered for one request alone; what is null follows the engine's rates.
public record Pace(@Nullable Long firstTokenAfterMillis, @Nullable Double tokensPerSecond) {}
