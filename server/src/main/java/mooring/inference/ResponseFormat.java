package mooring.inference;

import org.jspecify.annotations.Nullable;

/// The form that the answer must have.
public sealed interface ResponseFormat {

    record Text() implements ResponseFormat {}

    record JsonObject() implements ResponseFormat {}

    /// @param description what the form is for, null when not said
    /// @param strict null when the caller left it to the engine
    record JsonSchema(
            String name, @Nullable String description, JsonText schema, @Nullable Boolean strict)
            implements ResponseFormat {}
}
