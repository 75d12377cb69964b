package mooring.relay;

import mooring.inference.Usage;
import org.jspecify.annotations.Nullable;

/// What is known of an answer's tokens when it ends.
///
/// @param reported the engine's own last count, null when it gave none
/// @param ownOutput output tokens by our own count where the engine's is missing or lags behind
/// @param complete whether `reported` is the engine's final count
public record Count(@Nullable Usage reported, long ownOutput, boolean complete) {}
