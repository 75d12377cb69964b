package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
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
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes `tools`, `tool_choice` and `response_format`.
final class ToolsReader {

    private static final int MAX_TOOLS = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,64}");
    private static final String NAME_EXPECTED = "1..64 letters, digits, _ or -";

    private static final Set<String> TOOL = Set.of("type", "function");
    private static final Set<String> FUNCTION =
            Set.of("name", "description", "parameters", "strict");
    private static final Set<String> CHOICE = Set.of("type", "function");
    private static final Set<String> FORMAT = Set.of("type", "json_schema");
    private static final Set<String> SCHEMA = Set.of("name", "description", "schema", "strict");

    private ToolsReader() {}

    static List<Tool> tools(JsonFields fields, Sizes sizes, List<String> ignored) {
        JsonNode array = fields.array("tools", MAX_TOOLS);
        if (array == null) {
            return List.of();
        }
        List<Tool> tools = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            if (!array.get(i).isObject()) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "tools[" + i + "]", JsonFields.shown(array.get(i)), "an object"));
            }
            JsonFields tool = new JsonFields(array.get(i), "tools[" + i + "].");
            String type = tool.requiredText("type", "\"function\"");
            JsonNode function = tool.objectOf("function");
            if (!type.equals("function")) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                tool.name("type"), "\"" + type + "\"", "\"function\""));
            }
            if (function == null) {
                throw tool.missing("function", "an object with a name");
            }
            UnknownFields.note(tool.object(), tool.path(), TOOL, ignored);
            tools.add(tool(new JsonFields(function, tool.name("function.")), sizes, ignored));
        }
        return tools;
    }

    private static Tool tool(JsonFields function, Sizes sizes, List<String> ignored) {
        UnknownFields.note(function.object(), function.path(), FUNCTION, ignored);
        String name = function.requiredText("name", NAME_EXPECTED);
        if (!NAME.matcher(name).matches()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            function.name("name"), "\"" + name + "\"", NAME_EXPECTED));
        }
        String description = function.text("description", "a text");
        JsonNode parameters = function.objectOf("parameters");
        sizes.add(name);
        return new Tool(
                name,
                description == null ? null : sizes.add(description),
                parameters == null ? null : new JsonText(sizes.add(parameters.toString())),
                function.flag("strict"));
    }

    static ToolChoice choice(JsonFields fields, List<Tool> tools, List<String> ignored) {
        JsonNode node = fields.get("tool_choice");
        String expected =
                "\"none\", \"auto\", \"required\" or {\"type\": \"function\", \"function\":"
                        + " {\"name\": …}} with a name of tools";
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
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "tool_choice",
                            node.isObject() ? node.toString() : JsonFields.shown(node),
                            tools.isEmpty() && choice != null ? "tools beside it" : expected));
        }
        UnknownFields.note(node, "tool_choice.", CHOICE, ignored);
        return choice;
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
        JsonNode name = node.path("function").path("name");
        return node.path("type").asText("function").equals("function") && name.isTextual()
                ? new ToolChoice.Named(name.textValue())
                : null;
    }

    static ResponseFormat responseFormat(JsonFields fields, Sizes sizes, List<String> ignored) {
        JsonNode node = fields.objectOf("response_format");
        if (node == null) {
            return new ResponseFormat.Text();
        }
        JsonFields format = new JsonFields(node, "response_format.");
        String expected = "\"text\", \"json_object\" or \"json_schema\"";
        String type = format.requiredText("type", expected);
        UnknownFields.note(node, format.path(), FORMAT, ignored);
        return switch (type) {
            case "text" -> new ResponseFormat.Text();
            case "json_object" -> new ResponseFormat.JsonObject();
            case "json_schema" -> schema(format, sizes, ignored);
            default ->
                    throw new ProblemException(
                            Problem.InvalidRequest.of(
                                    format.name("type"), "\"" + type + "\"", expected));
        };
    }

    private static ResponseFormat schema(JsonFields format, Sizes sizes, List<String> ignored) {
        JsonNode node = format.objectOf("json_schema");
        if (node == null) {
            throw format.missing("json_schema", "an object with name and schema");
        }
        JsonFields fields = new JsonFields(node, format.name("json_schema."));
        JsonNode schema = fields.objectOf("schema");
        if (schema == null) {
            throw fields.missing("schema", "a JSON Schema");
        }
        UnknownFields.note(node, fields.path(), SCHEMA, ignored);
        String name = fields.requiredText("name", NAME_EXPECTED);
        String description = fields.text("description", "a text");
        return new ResponseFormat.JsonSchema(
                name,
                description == null ? null : sizes.add(description),
                new JsonText(sizes.add(schema.toString())),
                fields.flag("strict"));
    }
}
