package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import mooring.api.ImageParts;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.inference.ContentPart;
import mooring.inference.Message;
import mooring.inference.Role;
import mooring.inference.ToolCall;
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes one message of a conversation.
final class MessageReader {

    private static final int MAX_PARTS = 10_000;
    private static final int MAX_TOOL_CALLS = 128;

    /// Fields that are read, or that clients send back as they came, without effect on the answer.
    private static final Set<String> KNOWN =
            Set.of(
                    "role",
                    "content",
                    "name",
                    "tool_calls",
                    "tool_call_id",
                    "partial",
                    "refusal",
                    "reasoning_content",
                    "reasoning");

    private static final Set<String> PART =
            Set.of("type", "text", "refusal", "image_url", "cache_control");

    /// A call kept from a stream still has its `index`.
    private static final Set<String> CALL = Set.of("id", "type", "function", "index");

    private static final Set<String> FUNCTION = Set.of("name", "arguments");

    private MessageReader() {}

    static Message read(JsonNode node, String at, Sizes sizes, List<String> ignored) {
        if (!node.isObject()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(at, JsonFields.shown(node), "an object"));
        }
        JsonFields fields = new JsonFields(node, at + ".");
        UnknownFields.note(node, fields.path(), KNOWN, ignored);
        Role role = role(fields);
        List<ToolCall> toolCalls = toolCalls(fields, role, sizes, ignored);
        List<ContentPart> content = content(fields, role, toolCalls, sizes, ignored);
        String name = fields.text("name", "a text");
        String toolCallId = fields.text("tool_call_id", "the id of a tool call");
        if (role == Role.TOOL && toolCallId == null) {
            throw fields.missing("tool_call_id", "the id of the tool call that this answers");
        }
        Message message =
                new Message(
                        role,
                        content,
                        name == null ? null : sizes.add(name),
                        toolCalls,
                        toolCallId,
                        reasoning(fields, role, sizes));
        return partial(fields, message) ? message.asPartial() : message;
    }

    /// Moonshot's `partial`: the answer goes on from this text. Whether it is the last message is
    /// for the whole conversation to say.
    private static boolean partial(JsonFields fields, Message message) {
        if (!Boolean.TRUE.equals(fields.flag("partial"))) {
            return false;
        }
        if (message.role() != Role.ASSISTANT || !message.toolCalls().isEmpty()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            fields.name("partial"),
                            "true",
                            "only on an assistant's message without tool calls"));
        }
        return true;
    }

    private static Role role(JsonFields fields) {
        String expected = "system, developer, user, assistant or tool";
        String role = fields.requiredText("role", expected);
        return switch (role) {
            case "system" -> Role.SYSTEM;
            case "developer" -> Role.DEVELOPER;
            case "user" -> Role.USER;
            case "assistant" -> Role.ASSISTANT;
            case "tool" -> Role.TOOL;
            default -> {
                JsonNode value = fields.get("role");
                throw value == null
                        ? fields.missing("role", expected)
                        : fields.refused("role", value, expected);
            }
        };
    }

    private static List<ContentPart> content(
            JsonFields fields,
            Role role,
            List<ToolCall> toolCalls,
            Sizes sizes,
            List<String> ignored) {
        JsonNode content = fields.get("content");
        String expected = "a text or an array of parts";
        if (content == null) {
            String refusal = role == Role.ASSISTANT ? fields.text("refusal", "a text") : null;
            if (refusal != null) {
                return List.of(new ContentPart.Text(sizes.add(refusal)));
            }
            if (!toolCalls.isEmpty()) {
                return List.of();
            }
            throw fields.missing("content", expected);
        }
        if (content.isTextual()) {
            return List.of(sizes.text(content));
        }
        if (!content.isArray() || content.isEmpty() || content.size() > MAX_PARTS) {
            throw fields.refused("content", content, expected);
        }
        List<ContentPart> parts = new ArrayList<>(content.size());
        for (int i = 0; i < content.size(); i++) {
            parts.add(part(content.get(i), fields.name("content[" + i + "]"), sizes, ignored));
        }
        return parts;
    }

    private static ContentPart part(JsonNode node, String at, Sizes sizes, List<String> ignored) {
        if (!node.isObject()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(at, JsonFields.shown(node), "an object"));
        }
        JsonFields fields = new JsonFields(node, at + ".");
        String type = fields.requiredText("type", "\"text\"");
        UnknownFields.note(node, fields.path(), PART, ignored);
        return switch (type) {
            case "text" -> sizes.text(fields.requiredTextNode("text", "a text"));
            case "refusal" ->
                    new ContentPart.Text(sizes.add(fields.requiredText("refusal", "a text")));
            default -> {
                if (type.equals("image_url") && sizes.takesImages()) {
                    yield ImageParts.chat(fields, sizes);
                }
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                fields.name("type"),
                                "\"" + type + "\"",
                                sizes.takesImages()
                                        ? "\"text\" or \"image_url\""
                                        : "\"text\"; this model takes text only"));
            }
        };
    }

    private static List<ToolCall> toolCalls(
            JsonFields fields, Role role, Sizes sizes, List<String> ignored) {
        JsonNode array = fields.array("tool_calls", MAX_TOOL_CALLS);
        if (array == null || role != Role.ASSISTANT) {
            return List.of();
        }
        List<ToolCall> calls = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            JsonFields call = new JsonFields(array.get(i), fields.name("tool_calls[" + i + "]."));
            JsonNode function = call.objectOf("function");
            if (function == null) {
                throw call.missing("function", "an object with name and arguments");
            }
            JsonFields named = new JsonFields(function, call.name("function."));
            UnknownFields.note(call.object(), call.path(), CALL, ignored);
            UnknownFields.note(function, named.path(), FUNCTION, ignored);
            calls.add(
                    new ToolCall(
                            call.requiredText("id", "the call's id"),
                            sizes.add(named.requiredText("name", "the function's name")),
                            sizes.add(named.requiredText("arguments", "a JSON text"))));
        }
        return calls;
    }

    /// Thinking models want their earlier reasoning back, under whichever name a client kept it.
    private static @Nullable String reasoning(JsonFields fields, Role role, Sizes sizes) {
        if (role != Role.ASSISTANT) {
            return null;
        }
        String reasoning = fields.text("reasoning_content", "a text");
        if (reasoning == null && fields.object().path("reasoning").isTextual()) {
            reasoning = fields.object().path("reasoning").textValue();
        }
        return reasoning == null ? null : sizes.add(reasoning);
    }
}
