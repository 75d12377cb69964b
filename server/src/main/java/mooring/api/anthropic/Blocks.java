package mooring.api.anthropic;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
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

/// Decodes content blocks. One turn can become several messages: results of tools stand in a user's
/// turn here, and as messages of their own in the dialect-free form.
final class Blocks {

    private static final int MAX_BLOCKS = 10_000;
    private static final JsonNode NO_TEXT = TextNode.valueOf("");
    private static final String NOT_EMPTY =
            "a text that is not empty, or an array of at least one content block";

    private static final Set<String> TURN = Set.of("role", "content");

    /// By type: fields that are read, or that may be sent without effect on the answer. A thought's
    /// `signature` is for Anthropic alone to check.
    private static final Map<String, Set<String>> KNOWN =
            Map.of(
                    "text",
                    Set.of("type", "text", "cache_control"),
                    "thinking",
                    Set.of("type", "thinking", "signature"),
                    "tool_use",
                    Set.of("type", "id", "name", "input", "cache_control"),
                    "tool_result",
                    Set.of("type", "tool_use_id", "content", "is_error", "cache_control"),
                    "image",
                    Set.of("type", "source", "cache_control"),
                    "document",
                    Set.of("type", "source", "cache_control"));

    private Blocks() {}

    static List<Message> turn(JsonNode node, String at, Sizes sizes, List<String> ignored) {
        if (!node.isObject()) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(at, JsonFields.shown(node), "an object"));
        }
        JsonFields fields = new JsonFields(node, at + ".");
        String expected = "\"user\" or \"assistant\"";
        String role = fields.requiredText("role", expected);
        UnknownFields.note(node, fields.path(), TURN, ignored);
        JsonNode content = fields.get("content");
        if (content == null) {
            throw fields.missing("content", "a text or an array of content blocks");
        }
        return switch (role) {
            case "user" -> user(said(fields, content), fields.name("content"), sizes, ignored);
            case "assistant" -> assistant(content, fields.name("content"), sizes, ignored);
            // Agents put instructions between turns.
            case "system" ->
                    List.of(
                            Message.of(
                                    Role.SYSTEM,
                                    text(
                                            said(fields, content),
                                            fields.name("content"),
                                            sizes,
                                            ignored)));
            default ->
                    throw new ProblemException(
                            Problem.InvalidRequest.of(
                                    fields.name("role"), "\"" + role + "\"", expected));
        };
    }

    /// The content, which must not be without anything.
    private static JsonNode said(JsonFields fields, JsonNode content) {
        if (content.equals(NO_TEXT) || (!content.isTextual() && content.isEmpty())) {
            throw fields.refused("content", content, NOT_EMPTY);
        }
        return content;
    }

    /// A text, or the texts of an array of text blocks.
    static String text(JsonNode content, String at, Sizes sizes, List<String> ignored) {
        if (content.isTextual()) {
            return sizes.add(content.textValue());
        }
        StringBuilder joined = new StringBuilder();
        List<JsonFields> blocks = blocks(content, at, ignored);
        for (JsonFields block : blocks) {
            if (!joined.isEmpty()) {
                joined.append("\n\n");
            }
            joined.append(textOf(block, sizes).text());
        }
        return joined.toString();
    }

    private static List<Message> user(
            JsonNode content, String at, Sizes sizes, List<String> ignored) {
        if (content.isTextual()) {
            return List.of(Message.of(Role.USER, sizes.text(content)));
        }
        List<Message> messages = new ArrayList<>();
        List<ContentPart> parts = new ArrayList<>();
        for (JsonFields block : blocks(content, at, ignored)) {
            if (type(block).equals("tool_result")) {
                result(block, messages, parts, sizes, ignored);
            } else {
                parts.add(part(block, sizes));
            }
        }
        if (!parts.isEmpty()) {
            messages.add(new Message(Role.USER, parts, null, List.of(), null, null));
        }
        return messages;
    }

    private static ContentPart part(JsonFields block, Sizes sizes) {
        return type(block).equals("image") && sizes.takesImages()
                ? ImageParts.messages(block, sizes)
                : textOf(block, sizes);
    }

    /// What a tool brought. Engines take texts alone from tools, so that its pictures follow in a
    /// message of the user's.
    private static void result(
            JsonFields block,
            List<Message> messages,
            List<ContentPart> parts,
            Sizes sizes,
            List<String> ignored) {
        String call = block.requiredText("tool_use_id", "the id of a tool_use block");
        JsonNode content = block.get("content");
        String text = "";
        if (content != null && content.isArray() && sizes.takesImages()) {
            StringBuilder joined = new StringBuilder();
            for (JsonFields each : blocks(content, block.name("content"), ignored)) {
                switch (part(each, sizes)) {
                    case ContentPart.Words piece ->
                            joined.append(joined.isEmpty() ? "" : "\n\n").append(piece.text());
                    case ContentPart picture -> parts.add(picture);
                }
            }
            text = joined.toString();
        } else if (content != null) {
            text = text(content, block.name("content"), sizes, ignored);
        }
        if (Boolean.TRUE.equals(block.flag("is_error"))) {
            text = "Error: " + text;
        }
        messages.add(
                new Message(
                        Role.TOOL,
                        List.of(new ContentPart.Text(text)),
                        null,
                        List.of(),
                        call,
                        null));
    }

    /// None where nothing is left of the turn: nothing was said in it, or all is readable to
    /// Anthropic alone.
    private static List<Message> assistant(
            JsonNode content, String at, Sizes sizes, List<String> ignored) {
        if (content.isTextual()) {
            ContentPart.Words words = sizes.text(content);
            return words.chars() == 0 ? List.of() : List.of(Message.of(Role.ASSISTANT, words));
        }
        List<ContentPart> parts = new ArrayList<>();
        List<ToolCall> calls = new ArrayList<>();
        StringBuilder thinking = new StringBuilder();
        for (JsonFields block : blocks(content, at, ignored)) {
            switch (type(block)) {
                case "tool_use" -> calls.add(call(block, sizes));
                case "thinking" ->
                        thinking.append(sizes.add(block.requiredText("thinking", "a text")));
                // Readable to Anthropic alone.
                case "redacted_thinking" -> ignored.add(block.name("redacted_thinking"));
                default -> parts.add(textOf(block, sizes));
            }
        }
        if (parts.isEmpty() && calls.isEmpty() && thinking.isEmpty()) {
            return List.of();
        }
        return List.of(
                new Message(
                        Role.ASSISTANT,
                        parts,
                        null,
                        calls,
                        null,
                        thinking.isEmpty() ? null : thinking.toString()));
    }

    private static ToolCall call(JsonFields block, Sizes sizes) {
        JsonNode input = block.objectOf("input");
        return new ToolCall(
                block.requiredText("id", "the call's id"),
                sizes.add(block.requiredText("name", "the tool's name")),
                sizes.add(input == null ? "{}" : input.toString()));
    }

    private static ContentPart.Words textOf(JsonFields block, Sizes sizes) {
        String type = type(block);
        if (type.equals("document")
                && block.object().path("source").path("type").asText().equals("text")) {
            JsonNode data = block.object().path("source").path("data");
            return data.isTextual()
                    ? sizes.text(data)
                    : new ContentPart.Text(sizes.add(data.asText()));
        }
        if (!type.equals("text")) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            block.name("type"),
                            "\"" + type + "\"",
                            sizes.takesImages()
                                    ? "\"text\"; a picture is taken in a user's turn"
                                    : "\"text\"; this model takes text only"));
        }
        return sizes.text(block.requiredTextNode("text", "a text"));
    }

    private static String type(JsonFields block) {
        return block.requiredText("type", "a content block's type, such as \"text\"");
    }

    private static List<JsonFields> blocks(JsonNode content, String at, List<String> ignored) {
        if (!content.isArray() || content.size() > MAX_BLOCKS) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            at,
                            JsonFields.shown(content),
                            "a text or an array of at most " + MAX_BLOCKS + " content blocks"));
        }
        List<JsonFields> blocks = new ArrayList<>(content.size());
        for (int i = 0; i < content.size(); i++) {
            JsonNode block = content.get(i);
            String place = at + "[" + i + "]";
            if (!block.isObject()) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(place, JsonFields.shown(block), "an object"));
            }
            Set<String> known = KNOWN.get(block.path("type").asText());
            if (known != null) {
                UnknownFields.note(block, place + ".", known, ignored);
            }
            blocks.add(new JsonFields(block, place + "."));
        }
        return blocks;
    }
}
