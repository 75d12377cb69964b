package mooring.inference;

import org.jspecify.annotations.Nullable;

/// A function that the model may call.
///
/// @param parameters a JSON Schema of its arguments, null when it takes none
/// @param strict whether its arguments must fit the schema, null when the caller left it to the
///   engine
public record Tool(
        String name,
        @Nullable String description,
        @Nullable JsonText parameters,
        @Nullable Boolean strict) {}
