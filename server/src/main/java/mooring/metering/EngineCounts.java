package mooring.metering;

import org.jspecify.annotations.Nullable;

/// What engines say they computed against what was settled for them, as last compared.
@FunctionalInterface
public interface EngineCounts {

    /// The comparison of the engine behind a replica; null while there is none.
    EngineTally.@Nullable Comparison of(String replica);
}
