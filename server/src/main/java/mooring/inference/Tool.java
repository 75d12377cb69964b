package mooring.inference;

import org.jspecify.annotations.Nullable;

/// A function that the model may call.
///
/// @param parameters a JSON Schema of its arguments, null when it takes none
public record Tool(
        String name, @Nullable String description, @Nullable JsonText parameters, boolean strict) {}
