package mooring.api.management;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// What the contract expects of a value, and what came instead, as words for the caller.
final class SchemaText {

    /// A longer value is cut: the message is to be read, not to carry the body back.
    private static final int MAX_SHOWN_CHARS = 80;

    private SchemaText() {}

    static String expected(JsonObject schema) {
        if (schema.getValue("enum") instanceof JsonArray values) {
            return oneOf(values.stream().map(String::valueOf).toList());
        }
        Object type = schema.getValue("type");
        return switch (String.valueOf(type)) {
            case "string" -> text(schema);
            case "integer" -> "a whole number" + range(schema, "minimum", "maximum", "");
            case "array" ->
                    "a list"
                            + range(schema, "minItems", "maxItems", " values")
                            + (schema.getBoolean("uniqueItems", false) ? ", each once" : "")
                            + ", each "
                            + expected(schema.getJsonObject("items", new JsonObject()));
            case "boolean" -> "true or false";
            case "object" -> "a JSON object";
            default -> String.valueOf(type);
        };
    }

    static String unknown(String name, Collection<String> known) {
        return name
                + ": unknown (expected: "
                + (known.isEmpty() ? "none" : oneOf(known.stream().sorted().toList()))
                + ")";
    }

    /// The value as JSON, cut.
    static String shown(@Nullable Object value) {
        String text =
                switch (value) {
                    case null -> "null";
                    case JsonObject _ -> "an object";
                    case JsonArray _ -> "a list";
                    case Map<?, ?> _ -> "an object";
                    case List<?> _ -> "a list";
                    case String string -> Json.MAPPER.getNodeFactory().textNode(string).toString();
                    default -> value.toString();
                };
        int end =
                text.offsetByCodePoints(
                        0, Math.min(MAX_SHOWN_CHARS, text.codePointCount(0, text.length())));
        return end == text.length() ? text : text.substring(0, end) + "…";
    }

    private static String text(JsonObject schema) {
        String description = schema.getString("description");
        if (schema.containsKey("pattern") && description != null) {
            return inSentence(description);
        }
        if ("date-time".equals(schema.getValue("format"))) {
            return "an instant in UTC such as 2026-11-01T09:00:00Z";
        }
        return "text" + range(schema, "minLength", "maxLength", " characters");
    }

    private static String range(JsonObject schema, String least, String most, String unit) {
        Number from = schema.getNumber(least);
        Number to = schema.getNumber(most);
        if (from != null && to != null) {
            return " of " + from + " to " + to + unit;
        }
        if (from != null) {
            return " of " + from + unit + " or more";
        }
        return to == null ? "" : " of at most " + to + unit;
    }

    private static String inSentence(String description) {
        String bare =
                description.endsWith(".")
                        ? description.substring(0, description.length() - 1)
                        : description;
        boolean word = bare.length() > 1 && !Character.isUpperCase(bare.charAt(1));
        return word ? bare.substring(0, 1).toLowerCase(Locale.ROOT) + bare.substring(1) : bare;
    }

    private static String oneOf(List<String> values) {
        return values.size() == 1
                ? values.getFirst()
                : values.stream().limit(values.size() - 1L).collect(Collectors.joining(", "))
                        + " or "
                        + values.getLast();
    }
}
