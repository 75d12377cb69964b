package mooring.api;

import com.fasterxml.jackson.databind.JsonNode;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Reads fields of a JSON object with errors that name field, value and what was expected.
///
/// @param path the object's own place, as in `messages[0].`; empty at the top
public record JsonFields(JsonNode object, String path) {

    private static final int MAX_SHOWN_CHARS = 60;

    /// The field, or null when it is absent or JSON's null.
    public @Nullable JsonNode get(String field) {
        JsonNode value = object.get(field);
        return value == null || value.isNull() ? null : value;
    }

    public String name(String field) {
        return path + field;
    }

    public @Nullable String text(String field, String expected) {
        return get(field) == null ? null : requiredText(field, expected);
    }

    public String requiredText(String field, String expected) {
        return requiredTextNode(field, expected).textValue();
    }

    /// The text's node, for who does not read its characters.
    public JsonNode requiredTextNode(String field, String expected) {
        JsonNode value = get(field);
        if (value == null) {
            throw missing(field, expected);
        }
        if (!value.isTextual()) {
            throw refused(field, value, expected);
        }
        return value;
    }

    public @Nullable Boolean flag(String field) {
        JsonNode value = get(field);
        if (value == null) {
            return null;
        }
        if (!value.isBoolean()) {
            throw refused(field, value, "true or false");
        }
        return value.booleanValue();
    }

    public @Nullable Double number(String field, double min, double max) {
        JsonNode value = get(field);
        if (value == null) {
            return null;
        }
        double number = value.doubleValue();
        if (!value.isNumber() || !(number >= min && number <= max)) {
            throw refused(field, value, "a number " + plain(min) + ".." + plain(max));
        }
        return number;
    }

    public @Nullable Long whole(String field, long min, long max) {
        JsonNode value = get(field);
        if (value == null) {
            return null;
        }
        String expected = "a whole number " + min + ".." + max;
        if (!value.isNumber() || !value.canConvertToLong() || !integral(value)) {
            throw refused(field, value, expected);
        }
        long number = value.longValue();
        if (number < min || number > max) {
            throw refused(field, value, expected);
        }
        return number;
    }

    /// JSON knows one kind of number: 5.0 is the whole number 5.
    private static boolean integral(JsonNode value) {
        return value.isIntegralNumber() || value.decimalValue().stripTrailingZeros().scale() <= 0;
    }

    public @Nullable JsonNode objectOf(String field) {
        JsonNode value = get(field);
        if (value != null && !value.isObject()) {
            throw refused(field, value, "an object");
        }
        return value;
    }

    public @Nullable JsonNode array(String field, int most) {
        JsonNode value = get(field);
        if (value == null) {
            return null;
        }
        if (!value.isArray() || value.size() > most) {
            throw refused(field, value, "an array of at most " + most);
        }
        return value;
    }

    public ProblemException refused(String field, JsonNode value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(name(field), shown(value), expected));
    }

    public ProblemException missing(String field, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(name(field), "missing", expected));
    }

    public static String shown(JsonNode value) {
        if (value.isArray()) {
            return "an array of " + value.size();
        }
        if (value.isObject()) {
            return "an object";
        }
        String text = value.toString();
        return text.length() > MAX_SHOWN_CHARS ? text.substring(0, MAX_SHOWN_CHARS) + "…" : text;
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }
}
