package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.inference.JsonText;
import mooring.inference.Tool;
import mooring.json.Json;

/// The JSON Schema of an answer that is a call.
///
/// The engine enforces types, enums, properties, lengths and local references; it passes over
/// `not`, `if`, `multipleOf`, `uniqueItems`, `patternProperties`, bounds of non-integers and
/// unanchored patterns without a word. An object without `properties` is open: a model may fill it
/// until its output limit.
final class CallSchema {

    private static final int BAD_REQUEST = 400;

    /// Where one of these stands, the schema says itself what the value is.
    private static final List<String> SHAPES =
            List.of("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const", "properties");

    private CallSchema() {}

    static JsonText ofArguments(Tool tool) {
        return new JsonText(parameters(tool).toString());
    }

    /// One of the tools, by name, with its arguments. The parameters stand apart, since references
    /// inside them are paths from the root.
    static JsonText ofOneCall(List<Tool> tools) {
        ObjectNode root = Json.MAPPER.createObjectNode();
        ArrayNode calls = root.putArray("anyOf");
        ObjectNode definitions = root.putObject("$defs");
        for (int i = 0; i < tools.size(); i++) {
            String at = "parameters" + i;
            definitions.set(at, moved(parameters(tools.get(i)), "#/$defs/" + at));
            ObjectNode call = calls.addObject();
            call.put("type", "object");
            ObjectNode properties = call.putObject("properties");
            properties.putObject("name").put("const", tools.get(i).name());
            properties.putObject("arguments").put("$ref", "#/$defs/" + at);
            call.putArray("required").add("name").add("arguments");
            call.put("additionalProperties", false);
        }
        return new JsonText(root.toString());
    }

    private static ObjectNode parameters(Tool tool) {
        if (tool.parameters() == null) {
            ObjectNode none = Json.MAPPER.createObjectNode();
            none.put("type", "object").putObject("properties");
            return none;
        }
        JsonNode node;
        try {
            node = Json.MAPPER.readTree(tool.parameters().text());
        } catch (JsonProcessingException e) {
            throw rejected(tool, "not JSON");
        }
        if (!(node instanceof ObjectNode schema)) {
            throw rejected(tool, node.getNodeType().toString());
        }
        // Arguments are an object even where the schema leaves that out.
        if (SHAPES.stream().noneMatch(schema::has)) {
            schema.put("type", "object");
        }
        return schema;
    }

    private static EngineException rejected(Tool tool, String found) {
        return new EngineException(
                new EngineFailure.Rejected(
                        BAD_REQUEST,
                        "parameters of " + tool.name() + ": " + found + " (expected: an object)"));
    }

    /// The schema with its local references as paths from where it now stands.
    private static JsonNode moved(JsonNode node, String to) {
        switch (node) {
            case ObjectNode object -> {
                for (Map.Entry<String, JsonNode> field : object.properties()) {
                    JsonNode value = field.getValue();
                    field.setValue(
                            field.getKey().equals("$ref")
                                            && value.isTextual()
                                            && value.textValue().startsWith("#")
                                    ? TextNode.valueOf(to + value.textValue().substring(1))
                                    : moved(value, to));
                }
            }
            case ArrayNode array -> {
                for (int i = 0; i < array.size(); i++) {
                    array.set(i, moved(array.get(i), to));
                }
            }
            default -> {}
        }
        return node;
    }
}
