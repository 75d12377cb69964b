package mooring.simulator.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/// A smallest document that a JSON schema accepts, as constrained decoding might give.
///
/// Knows const, enum, default-free types, required properties, minItems, minLength, numeric bounds,
/// anyOf, oneOf, allOf and local `$ref`; not patterns and formats.
public final class SchemaSample {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_REPEAT = 1_000;

    private final JsonNode root;

    private SchemaSample(JsonNode root) {
        this.root = root;
    }

    /// The sample for a schema; `{}` for the empty schema.
    public static JsonNode of(JsonNode schema) {
        return new SchemaSample(schema).sample(schema, 0);
    }

    private JsonNode sample(JsonNode schema, int depth) {
        if (depth > MAX_DEPTH) {
            return NODES.nullNode();
        }
        if (schema.has("$ref")) {
            return sample(resolve(schema.path("$ref").asText()), depth + 1);
        }
        if (schema.has("const")) {
            return schema.path("const");
        }
        if (!schema.path("enum").isEmpty()) {
            return schema.path("enum").path(0);
        }
        for (String choice : new String[] {"anyOf", "oneOf"}) {
            if (!schema.path(choice).isEmpty()) {
                return sample(schema.path(choice).path(0), depth + 1);
            }
        }
        if (!schema.path("allOf").isEmpty()) {
            return sample(merged(schema), depth + 1);
        }
        return ofType(type(schema), schema, depth);
    }

    private JsonNode ofType(String type, JsonNode schema, int depth) {
        return switch (type) {
            case "string" -> NODES.textNode("a".repeat(repeat(schema, "minLength")));
            case "integer" -> NODES.numberNode((long) Math.ceil(number(schema, 1)));
            case "number" -> NODES.numberNode(number(schema, 0.5));
            case "boolean" -> NODES.booleanNode(false);
            case "null" -> NODES.nullNode();
            case "array" -> array(schema, depth);
            default -> object(schema, depth);
        };
    }

    private JsonNode object(JsonNode schema, int depth) {
        ObjectNode object = NODES.objectNode();
        for (JsonNode name : schema.path("required")) {
            JsonNode property = schema.path("properties").path(name.asText());
            object.set(name.asText(), sample(property, depth + 1));
        }
        return object;
    }

    private JsonNode array(JsonNode schema, int depth) {
        ArrayNode array = NODES.arrayNode();
        int items = repeat(schema, "minItems");
        for (int i = 0; i < items; i++) {
            array.add(sample(schema.path("items"), depth + 1));
        }
        return array;
    }

    private static String type(JsonNode schema) {
        JsonNode type = schema.path("type");
        if (type.isArray()) {
            return type.path(0).asText();
        }
        if (type.isMissingNode() && schema.has("items")) {
            return "array";
        }
        return type.asText("object");
    }

    private static int repeat(JsonNode schema, String key) {
        return Math.clamp(schema.path(key).asInt(0), 0, MAX_REPEAT);
    }

    /// The smallest number allowed from zero upwards, or the largest where only a maximum stands.
    private static double number(JsonNode schema, double above) {
        double step = schema.path("multipleOf").asDouble(0);
        double least = 0;
        if (schema.has("minimum")) {
            least = schema.path("minimum").asDouble();
        } else if (schema.has("exclusiveMinimum")) {
            least = schema.path("exclusiveMinimum").asDouble() + (step > 0 ? step : above);
        } else if (schema.path("maximum").asDouble(0) < 0) {
            least = schema.path("maximum").asDouble();
        } else if (schema.path("exclusiveMaximum").asDouble(1) <= 0) {
            least = schema.path("exclusiveMaximum").asDouble() - (step > 0 ? step : above);
        }
        return step > 0 ? Math.ceil(least / step) * step : least;
    }

    private JsonNode merged(JsonNode schema) {
        ObjectNode merged = NODES.objectNode();
        ObjectNode properties = NODES.objectNode();
        ArrayNode required = NODES.arrayNode();
        ObjectNode own = schema.deepCopy();
        own.remove("allOf");
        mergeInto(own, merged, properties, required);
        for (JsonNode part : schema.path("allOf")) {
            JsonNode seen = part.has("$ref") ? resolve(part.path("$ref").asText()) : part;
            mergeInto(seen, merged, properties, required);
        }
        merged.set("properties", properties);
        merged.set("required", required);
        return merged;
    }

    private static void mergeInto(
            JsonNode part, ObjectNode merged, ObjectNode properties, ArrayNode required) {
        part.properties().forEach(field -> merged.set(field.getKey(), field.getValue()));
        part.path("properties").properties().forEach(p -> properties.set(p.getKey(), p.getValue()));
        part.path("required").forEach(required::add);
    }

    private JsonNode resolve(String reference) {
        return reference.startsWith("#/") ? root.at(reference.substring(1)) : root;
    }
}
