package mooring.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One turn of the conversation.
///
/// @param content empty where an assistant's turn holds tool calls only
/// @param toolCallId the call that a tool's message answers
/// @param reasoning an earlier turn's reasoning, handed back by the caller
/// @param partial whether the answer goes on from here instead of beginning a new turn; only the
///   last message, an assistant's, can
public record Message(
        Role role,
        List<ContentPart> content,
        @Nullable String name,
        List<ToolCall> toolCalls,
        @Nullable String toolCallId,
        @Nullable String reasoning,
        boolean partial) {

    public Message {
        content = List.copyOf(content);
        toolCalls = List.copyOf(toolCalls);
        if (partial && role != Role.ASSISTANT) {
            throw new IllegalArgumentException(
                    "partial: a message of " + role + " (expected: of the assistant)");
        }
    }

    /// A whole turn.
    public Message(
            Role role,
            List<ContentPart> content,
            @Nullable String name,
            List<ToolCall> toolCalls,
            @Nullable String toolCallId,
            @Nullable String reasoning) {
        this(role, content, name, toolCalls, toolCallId, reasoning, false);
    }

    /// The same, to be gone on from.
    public Message asPartial() {
        return new Message(role, content, name, toolCalls, toolCallId, reasoning, true);
    }

    /// The same turn with other content.
    public Message withContent(List<ContentPart> others) {
        return new Message(role, others, name, toolCalls, toolCallId, reasoning, partial);
    }

    public static Message of(Role role, String text) {
        return of(role, new ContentPart.Text(text));
    }

    public static Message of(Role role, ContentPart.Words text) {
        return new Message(role, List.of(text), null, List.of(), null, null);
    }

    /// The text parts, joined.
    public String text() {
        if (content.size() == 1 && content.getFirst() instanceof ContentPart.Words words) {
            return words.text();
        }
        StringBuilder joined = new StringBuilder();
        for (ContentPart part : content) {
            switch (part) {
                case ContentPart.Words words -> joined.append(words.text());
                case ContentPart.Image _, ContentPart.RemoteImage _ -> {}
            }
        }
        return joined.toString();
    }
}
