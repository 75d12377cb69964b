package mooring.relay;

import mooring.inference.Usage;
import org.jspecify.annotations.Nullable;

/// What is known of an answer's tokens when it ends.
///
/// @param reported the engine's own last count, null when it gave none
/// @param ownOutput our count of the output that passed by: at least one token for each piece
/// @param complete whether `reported` is the engine's final count
public record Count(@Nullable Usage reported, long ownOutput, boolean complete) {}
