package mooring.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.inference.JsonText;
import mooring.inference.Tool;
import mooring.inference.ToolChoice;
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;

/// Decodes `tools` and `tool_choice`. Tools that run on Anthropic's servers are left out: nobody
/// here could run them.
final class ToolsReader {

    /// @param parallel whether the model may call several at once
    record Tools(List<Tool> tools, ToolChoice choice, boolean parallel) {}

    private static final int MAX_TOOLS = 128;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1,128}");
    private static final String CHOICES =
            "{\"type\": \"auto\", \"any\", \"none\", or \"tool\" with a name of tools}";

    private static final Set<String> TOOL =
            Set.of("type", "name", "description", "input_schema", "strict", "cache_control");
    private static final Set<String> CHOICE = Set.of("type", "name", "disable_parallel_tool_use");

    private ToolsReader() {}

    static Tools read(JsonFields fields, Sizes sizes, List<String> ignored) {
        List<Tool> tools = tools(fields, sizes, ignored);
        JsonNode choice = fields.objectOf("tool_choice");
        if (choice == null) {
            return new Tools(
                    tools, tools.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto(), true);
        }
        JsonFields read = new JsonFields(choice, "tool_choice.");
        UnknownFields.note(choice, read.path(), CHOICE, ignored);
        boolean serial = Boolean.TRUE.equals(read.flag("disable_parallel_tool_use"));
        return new Tools(tools, choice(read, tools), !serial);
    }

    private static List<Tool> tools(JsonFields fields, Sizes sizes, List<String> ignored) {
        JsonNode array = fields.array("tools", MAX_TOOLS);
        if (array == null) {
            return List.of();
        }
        List<Tool> tools = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            String at = "tools[" + i + "]";
            if (!array.get(i).isObject()) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(at, JsonFields.shown(array.get(i)), "an object"));
            }
            JsonFields tool = new JsonFields(array.get(i), at + ".");
            String type = tool.text("type", "\"custom\"");
            if (type == null || type.equals("custom")) {
                tools.add(tool(tool, sizes));
                UnknownFields.note(tool.object(), tool.path(), TOOL, ignored);
            } else {
                ignored.add(at + " (" + type + ")");
            }
        }
        return tools;
    }

    private static Tool tool(JsonFields fields, Sizes sizes) {
        String name = fields.requiredText("name", "1..128 letters, digits, _ or -");
        if (!NAME.matcher(name).matches()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            fields.name("name"),
                            "\"" + name + "\"",
                            "1..128 letters, digits, _ or -"));
        }
        String description = fields.text("description", "a text");
        JsonNode schema = fields.objectOf("input_schema");
        if (schema == null) {
            throw fields.missing("input_schema", "a JSON Schema of the tool's input");
        }
        return new Tool(
                sizes.add(name),
                description == null ? null : sizes.add(description),
                new JsonText(sizes.add(schema.toString())),
                fields.flag("strict"));
    }

    private static ToolChoice choice(JsonFields choice, List<Tool> tools) {
        String type = choice.requiredText("type", CHOICES);
        ToolChoice read =
                switch (type) {
                    case "auto" -> tools.isEmpty() ? new ToolChoice.None() : new ToolChoice.Auto();
                    case "any" -> new ToolChoice.Required();
                    case "none" -> new ToolChoice.None();
                    case "tool" ->
                            new ToolChoice.Named(choice.requiredText("name", "a name of tools"));
                    default ->
                            throw new ProblemException(
                                    Problem.InvalidRequest.of(
                                            "tool_choice.type", "\"" + type + "\"", CHOICES));
                };
        boolean fits =
                switch (read) {
                    case ToolChoice.Auto _, ToolChoice.None _ -> true;
                    case ToolChoice.Required _ -> !tools.isEmpty();
                    case ToolChoice.Named(String name) ->
                            tools.stream().anyMatch(tool -> tool.name().equals(name));
                };
        if (!fits) {
            throw new ProblemException(
                    Problem.InvalidRequest.of("tool_choice", type, "a tool among tools"));
        }
        return read;
    }
}
