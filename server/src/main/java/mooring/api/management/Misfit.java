package mooring.api.management;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.OutputUnit;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// A validator's findings as one sentence for the caller: the field, its value and what was
/// expected, told from the contract's own schema.
final class Misfit {

    /// Keywords that only say that something below them does not fit.
    private static final Set<String> CONTAINERS =
            Set.of("properties", "items", "prefixItems", "$ref", "allOf", "anyOf", "oneOf");

    private Misfit() {}

    /// @param root the parameter's name, empty for a body
    static Problem.InvalidRequest of(
            String root, JsonObject schema, Object value, OutputUnit result) {
        List<OutputUnit> findings = result.getErrors() == null ? List.of() : result.getErrors();
        for (OutputUnit finding : findings) {
            String keyword = last(finding.getKeywordLocation());
            if (!CONTAINERS.contains(keyword)) {
                return told(root, schema, value, keyword, path(finding.getInstanceLocation()));
            }
        }
        return Problem.InvalidRequest.of(
                name(root, List.of()), SchemaText.shown(value), SchemaText.expected(schema));
    }

    private static Problem.InvalidRequest told(
            String root, JsonObject schema, Object value, String keyword, List<String> path) {
        if (keyword.equals("additionalProperties")) {
            JsonObject holder = schemaAt(schema, path.subList(0, path.size() - 1));
            String name = name(root, path);
            return new Problem.InvalidRequest(name, SchemaText.unknown(name, properties(holder)));
        }
        JsonObject holder = schemaAt(schema, path);
        Object found = valueAt(value, path);
        if (keyword.equals("required") && found instanceof JsonObject object) {
            String missing = missing(holder, object);
            List<String> full = new ArrayList<>(path);
            full.add(missing);
            String name = name(root, full);
            return new Problem.InvalidRequest(
                    name,
                    name
                            + ": missing (expected: "
                            + SchemaText.expected(schemaAt(schema, full))
                            + ")");
        }
        // A place in a list is no name that a caller knows a parameter by.
        List<String> named = root.isEmpty() ? path : List.of();
        return Problem.InvalidRequest.of(
                name(root, named), SchemaText.shown(found), SchemaText.expected(holder));
    }

    private static String missing(JsonObject schema, JsonObject object) {
        for (Object name : schema.getJsonArray("required", new JsonArray())) {
            if (!object.containsKey(String.valueOf(name))) {
                return String.valueOf(name);
            }
        }
        throw new IllegalStateException("nothing is missing of " + schema.getValue("required"));
    }

    private static Set<String> properties(JsonObject schema) {
        return schema.getJsonObject("properties", new JsonObject()).fieldNames();
    }

    private static JsonObject schemaAt(JsonObject schema, List<String> path) {
        JsonObject at = schema;
        for (String step : path) {
            JsonObject properties = at.getJsonObject("properties", new JsonObject());
            JsonObject next =
                    properties.containsKey(step)
                            ? properties.getJsonObject(step)
                            : at.getJsonObject("items", new JsonObject());
            at = next;
        }
        return at;
    }

    private static @Nullable Object valueAt(Object value, List<String> path) {
        Object at = value;
        for (String step : path) {
            at =
                    switch (at) {
                        case JsonObject object -> object.getValue(step);
                        case JsonArray array -> array.getValue(Integer.parseInt(step));
                        case null -> null;
                        default -> null;
                    };
        }
        return at;
    }

    private static String name(String root, List<String> path) {
        if (path.isEmpty()) {
            return root.isEmpty() ? "body" : root;
        }
        String below = String.join(".", path);
        return root.isEmpty() ? below : root + "." + below;
    }

    /// `#/a/b` as its steps.
    private static List<String> path(String location) {
        List<String> steps = new ArrayList<>();
        for (String step : location.split("/")) {
            if (!step.equals("#")) {
                steps.add(
                        URLDecoder.decode(step.replace("+", "%2B"), StandardCharsets.UTF_8)
                                .replace("~1", "/")
                                .replace("~0", "~"));
            }
        }
        return steps;
    }

    private static String last(String location) {
        return location.substring(location.lastIndexOf('/') + 1);
    }
}
