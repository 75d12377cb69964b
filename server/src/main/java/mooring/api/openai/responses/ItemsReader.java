package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

/// Turns items into messages. What one turn of an assistant said lies in several items here, in its
/// order: reasoning, text, calls; they become one message.
final class ItemsReader {

    /// By type: fields that are read, or that clients send back as they came, without effect.
    private static final Map<String, Set<String>> KNOWN =
            Map.of(
                    "message",
                    Set.of("type", "id", "status", "role", "content"),
                    "function_call",
                    Set.of("type", "id", "status", "call_id", "name", "arguments"),
                    "function_call_output",
                    Set.of("type", "id", "status", "call_id", "output"),
                    "reasoning",
                    Set.of("type", "id", "status", "content", "summary", "encrypted_content"));

    private static final Set<String> PART =
            Set.of("type", "text", "refusal", "annotations", "logprobs", "image_url", "detail");

    private final Sizes sizes;
    private final List<String> ignored;
    private final List<Message> messages = new ArrayList<>();

    private final List<ContentPart> parts = new ArrayList<>();
    private final List<ToolCall> calls = new ArrayList<>();
    private @Nullable String reasoning;

    ItemsReader(Sizes sizes, List<String> ignored) {
        this.sizes = sizes;
        this.ignored = ignored;
    }

    /// @param at how errors name the array
    void read(JsonNode items, String at) {
        for (int i = 0; i < items.size(); i++) {
            item(items.get(i), at + "[" + i + "]");
        }
    }

    /// The same, of items that must say something.
    void readSaid(JsonNode items, String at) {
        turnOver();
        int before = messages.size();
        read(items, at);
        turnOver();
        if (messages.size() == before) {
            throw refused(
                    at,
                    JsonFields.shown(items) + " without content",
                    "at least one message, function_call or function_call_output");
        }
    }

    void say(Role role, String text) {
        turnOver();
        messages.add(Message.of(role, sizes.add(text)));
    }

    List<Message> messages() {
        turnOver();
        return messages;
    }

    private void item(JsonNode node, String at) {
        if (!node.isObject()) {
            throw refused(at, JsonFields.shown(node), "an object");
        }
        JsonFields item = new JsonFields(node, at + ".");
        String type = item.text("type", "an item's type, such as \"message\"");
        Set<String> known = KNOWN.get(type == null ? "message" : type);
        if (known != null) {
            UnknownFields.note(node, item.path(), known, ignored);
        }
        switch (type == null ? "message" : type) {
            case "message" -> message(item);
            case "function_call" -> call(item);
            case "function_call_output" -> output(item);
            case "reasoning" -> reasoning(item);
            case "item_reference" ->
                    throw refused(
                            item.name("type"),
                            "\"item_reference\"",
                            "the item itself, or previous_response_id");
            case String other -> ignored.add(at + " (" + other + ")");
        }
    }

    private void message(JsonFields item) {
        String expected = "\"user\", \"assistant\", \"system\" or \"developer\"";
        String role = item.requiredText("role", expected);
        List<ContentPart> content = content(item, "content");
        if (content.isEmpty() && !role.equals("assistant")) {
            throw refused(item.name("content"), "an array of 0", "a text or at least one part");
        }
        switch (role) {
            case "assistant" -> {
                if (!calls.isEmpty() || !parts.isEmpty()) {
                    turnOver();
                }
                parts.addAll(content);
            }
            case "user" -> add(Role.USER, content);
            case "system" -> add(Role.SYSTEM, content);
            case "developer" -> add(Role.DEVELOPER, content);
            default -> throw refused(item.name("role"), "\"" + role + "\"", expected);
        }
    }

    private void add(Role role, List<ContentPart> content) {
        turnOver();
        messages.add(new Message(role, content, null, List.of(), null, null));
    }

    private void call(JsonFields item) {
        String name = item.requiredText("name", "the function's name");
        calls.add(
                new ToolCall(
                        item.requiredText("call_id", "the call's id"),
                        sizes.add(name),
                        sizes.add(item.requiredText("arguments", "the arguments' JSON text"))));
    }

    private void output(JsonFields item) {
        String call = item.requiredText("call_id", "the id of a function_call");
        List<ContentPart> content = content(item, "output");
        turnOver();
        messages.add(
                new Message(
                        Role.TOOL,
                        content.isEmpty() ? List.of(new ContentPart.Text("")) : content,
                        null,
                        List.of(),
                        call,
                        null));
    }

    /// The reasoning itself where it is there, else its summary.
    private void reasoning(JsonFields item) {
        StringBuilder text = new StringBuilder();
        for (String field : List.of("content", "summary")) {
            if (text.isEmpty()) {
                for (JsonNode part : item.object().path(field)) {
                    text.append(part.path("text").asText());
                }
            }
        }
        if (item.get("encrypted_content") != null) {
            ignored.add(item.name("encrypted_content"));
        }
        if (!parts.isEmpty() || !calls.isEmpty() || reasoning != null) {
            turnOver();
        }
        if (!text.isEmpty()) {
            reasoning = sizes.add(text.toString());
        }
    }

    private List<ContentPart> content(JsonFields item, String field) {
        JsonNode content = item.get(field);
        String expected = "a text or an array of parts";
        if (content == null) {
            throw item.missing(field, expected);
        }
        if (content.isTextual()) {
            return List.of(sizes.text(content));
        }
        if (!content.isArray()) {
            throw item.refused(field, content, expected);
        }
        List<ContentPart> texts = new ArrayList<>(content.size());
        for (int i = 0; i < content.size(); i++) {
            JsonFields part = new JsonFields(content.get(i), item.name(field) + "[" + i + "].");
            String type = part.requiredText("type", "a part's type, such as \"input_text\"");
            UnknownFields.note(part.object(), part.path(), PART, ignored);
            switch (type) {
                case "input_text", "output_text", "text" ->
                        texts.add(sizes.text(part.requiredTextNode("text", "a text")));
                case "refusal" ->
                        texts.add(
                                new ContentPart.Text(
                                        sizes.add(part.requiredText("refusal", "a text"))));
                default -> {
                    if (!type.equals("input_image") || !sizes.takesImages()) {
                        throw refused(
                                part.name("type"),
                                "\"" + type + "\"",
                                sizes.takesImages()
                                        ? "\"input_text\", \"output_text\" or \"input_image\""
                                        : "\"input_text\" or \"output_text\"; this model takes"
                                                + " text only");
                    }
                    texts.add(ImageParts.responses(part, sizes));
                }
            }
        }
        return texts;
    }

    private void turnOver() {
        if (parts.isEmpty() && calls.isEmpty() && reasoning == null) {
            return;
        }
        messages.add(new Message(Role.ASSISTANT, parts, null, calls, null, reasoning));
        parts.clear();
        calls.clear();
        reasoning = null;
    }

    private static ProblemException refused(String at, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(at, value, expected));
    }
}
