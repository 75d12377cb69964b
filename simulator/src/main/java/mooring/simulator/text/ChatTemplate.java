package mooring.simulator.text;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/// How messages become one prompt text: `<|role|>` content `<|end|>` each, then `<|assistant|>`.
///
/// A message therefore costs its content's tokens and two more, the opening of the answer one.
/// Offered tools come first as `<|tools|>` compact JSON `<|end|>`; an image is one `<|image|>`.
public final class ChatTemplate {

    private ChatTemplate() {}

    /// The prompt's text; its token count is what the engine reports as `prompt_tokens`.
    public static String render(JsonNode messages, @Nullable JsonNode tools, boolean openAnswer) {
        StringBuilder prompt = new StringBuilder();
        if (tools != null && tools.isArray() && !tools.isEmpty()) {
            prompt.append("<|tools|>").append(tools).append("<|end|>");
        }
        for (JsonNode message : messages) {
            prompt.append("<|").append(message.path("role").asText()).append("|>");
            appendContent(prompt, message.path("content"));
            for (JsonNode call : message.path("tool_calls")) {
                JsonNode function = call.path("function");
                prompt.append("<|tool_call|>").append(function.path("name").asText());
                prompt.append(' ').append(function.path("arguments").asText());
            }
            prompt.append("<|end|>");
        }
        if (openAnswer) {
            prompt.append("<|assistant|>");
        }
        return prompt.toString();
    }

    /// The text of a message's content, whether it is a string or a list of parts.
    public static String text(JsonNode content) {
        StringBuilder text = new StringBuilder();
        appendContent(text, content);
        return text.toString();
    }

    private static void appendContent(StringBuilder prompt, JsonNode content) {
        if (content.isTextual()) {
            prompt.append(content.textValue());
            return;
        }
        for (JsonNode part : content) {
            prompt.append(part.has("text") ? part.path("text").asText() : "<|image|>");
        }
    }
}
