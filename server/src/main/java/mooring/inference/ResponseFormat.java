package mooring.inference;

/// The form that the answer must have.
public sealed interface ResponseFormat {

    record Text() implements ResponseFormat {}

    record JsonObject() implements ResponseFormat {}

    record JsonSchema(String name, JsonText schema, boolean strict) implements ResponseFormat {}
}
