package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.inference.JsonText;
import mooring.inference.ResponseFormat;
import mooring.inference.Tool;
import mooring.inference.ToolChoice;
import mooring.json.Json;
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes `tools`, `tool_choice` and `text.format`.
///
/// Tools that would run on OpenAI's servers are left out and named in a header, since agents send
/// them unasked; a choice that insists on one is refused.
final class ToolsReader {

    /// @param kept the tools as they were sent, without those left out
    record Tools(List<Tool> tools, ArrayNode kept) {}

    private static final int MAX_TOOLS = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final String NAME_EXPECTED = "1..64 letters, digits, _ or -";

    private static final Set<String> TOOL =
            Set.of("type", "name", "description", "parameters", "strict");
    private static final Set<String> TEXT = Set.of("format");
    private static final Set<String> FORMAT =
            Set.of("type", "name", "description", "schema", "strict");

    private ToolsReader() {}

    static Tools tools(JsonFields fields, Sizes sizes, List<String> ignored) {
        ArrayNode kept = Json.MAPPER.createArrayNode();
        JsonNode array = fields.array("tools", MAX_TOOLS);
        List<Tool> tools = new ArrayList<>();
        for (int i = 0; array != null && i < array.size(); i++) {
            String at = "tools[" + i + "]";
            if (!array.get(i).isObject()) {
                throw refused(at, JsonFields.shown(array.get(i)), "an object");
            }
            JsonFields tool = new JsonFields(array.get(i), at + ".");
            String type = tool.requiredText("type", "\"function\"");
            if (type.equals("function")) {
                tools.add(tool(tool, sizes));
                UnknownFields.note(tool.object(), tool.path(), TOOL, ignored);
                kept.add(array.get(i));
            } else {
                ignored.add(at + " (" + type + ")");
            }
        }
        return new Tools(tools, kept);
    }

    private static Tool tool(JsonFields fields, Sizes sizes) {
        String name = fields.requiredText("name", NAME_EXPECTED);
        if (!NAME.matcher(name).matches()) {
            throw refused(fields.name("name"), "\"" + name + "\"", NAME_EXPECTED);
        }
        String description = fields.text("description", "a text");
        JsonNode parameters = fields.objectOf("parameters");
        return new Tool(
                sizes.add(name),
                description == null ? null : sizes.add(description),
                parameters == null ? null : new JsonText(sizes.add(parameters.toString())),
                fields.flag("strict"));
    }

    static ToolChoice choice(JsonFields fields, List<Tool> tools) {
        JsonNode node = fields.get("tool_choice");
        if (node == null) {
            return tools.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto();
        }
        ToolChoice choice = read(node);
        boolean fits =
                switch (choice) {
                    case null -> false;
                    case ToolChoice.None _, ToolChoice.Auto _ -> true;
                    case ToolChoice.Required _ -> !tools.isEmpty();
                    case ToolChoice.Named(String name) ->
                            tools.stream().anyMatch(tool -> tool.name().equals(name));
                };
        if (choice == null || !fits) {
            throw refused(
                    "tool_choice",
                    node.isObject() ? node.toString() : JsonFields.shown(node),
                    "\"none\", \"auto\", \"required\" or {\"type\": \"function\", \"name\": …} with"
                            + " a function among tools");
        }
        return choice instanceof ToolChoice.Auto && tools.isEmpty()
                ? new ToolChoice.None()
                : choice;
    }

    private static @Nullable ToolChoice read(JsonNode node) {
        if (node.isTextual()) {
            return switch (node.textValue()) {
                case "none" -> new ToolChoice.None();
                case "auto" -> new ToolChoice.Auto();
                case "required" -> new ToolChoice.Required();
                default -> null;
            };
        }
        return node.path("type").asText().equals("function") && node.path("name").isTextual()
                ? new ToolChoice.Named(node.path("name").textValue())
                : null;
    }

    static ResponseFormat format(JsonFields fields, Sizes sizes, List<String> ignored) {
        JsonNode text = fields.objectOf("text");
        if (text != null) {
            UnknownFields.note(text, "text.", TEXT, ignored);
        }
        JsonNode node = text == null ? null : new JsonFields(text, "text.").objectOf("format");
        if (node == null) {
            return new ResponseFormat.Text();
        }
        JsonFields format = new JsonFields(node, "text.format.");
        String expected = "\"text\", \"json_object\" or \"json_schema\"";
        String type = format.requiredText("type", expected);
        UnknownFields.note(node, format.path(), FORMAT, ignored);
        return switch (type) {
            case "text" -> new ResponseFormat.Text();
            case "json_object" -> new ResponseFormat.JsonObject();
            case "json_schema" -> {
                JsonNode schema = format.objectOf("schema");
                if (schema == null) {
                    throw format.missing("schema", "a JSON Schema");
                }
                String description = format.text("description", "a text");
                yield new ResponseFormat.JsonSchema(
                        format.requiredText("name", NAME_EXPECTED),
                        description == null ? null : sizes.add(description),
                        new JsonText(sizes.add(schema.toString())),
                        format.flag("strict"));
            }
            default -> throw refused(format.name("type"), "\"" + type + "\"", expected);
        };
    }

    private static ProblemException refused(String at, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(at, value, expected));
    }
}
