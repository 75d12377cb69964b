package mooring.api.openai.responses;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.Consumer;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// An answer while it is put together out of items: reasoning, a message, calls, one open at a
/// time. Tells each step as the event that a stream has for it.
final class OutputItems {

    private enum Kind {
        REASONING("reasoning_text", "text", "response.reasoning_text"),
        TEXT("output_text", "text", "response.output_text"),
        REFUSAL("refusal", "refusal", "response.refusal"),
        CALL("", "arguments", "response.function_call_arguments");

        private final String part;
        private final String field;
        private final String event;

        Kind(String part, String field, String event) {
            this.part = part;
            this.field = field;
            this.event = event;
        }

        boolean message() {
            return this == TEXT || this == REFUSAL;
        }
    }

    private final String digits;
    private final Consumer<ObjectNode> events;
    private final ArrayNode done = Json.MAPPER.createArrayNode();

    private @Nullable ObjectNode item;
    private @Nullable Kind kind;
    private int call;
    private int part;
    private StringBuilder text = new StringBuilder();
    private ArrayNode logprobs = Json.MAPPER.createArrayNode();

    /// @param digits what makes the items' ids unique
    /// @param events hears each event, without its number
    OutputItems(String digits, Consumer<ObjectNode> events) {
        this.digits = digits;
        this.events = events;
    }

    /// The items that are complete, and after the end all of them.
    ArrayNode items() {
        return done;
    }

    void add(StreamEvent.Delta delta) {
        if (delta.reasoning() != null) {
            piece(Kind.REASONING, delta.reasoning(), null);
        }
        if (delta.text() != null || delta.logprobs() != null) {
            piece(Kind.TEXT, delta.text() == null ? "" : delta.text(), delta.logprobs());
        }
        if (delta.refusal() != null) {
            piece(Kind.REFUSAL, delta.refusal(), null);
        }
        for (ToolCallDelta piece : delta.toolCalls()) {
            call(piece);
        }
    }

    /// Closes what is open. An answer without any item gets an empty message.
    void end(FinishReason reason) {
        if (item == null && done.isEmpty()) {
            piece(Kind.TEXT, "", null);
        }
        boolean whole =
                switch (reason) {
                    case STOP, TOOL_CALLS -> true;
                    case LENGTH, CONTENT_FILTER -> false;
                };
        closeItem(whole ? "completed" : "incomplete");
    }

    /// Keeps what is there of an answer that failed, and tells nothing of it.
    void breakOff() {
        if (item != null && kind != null) {
            finishPart(item, kind);
            done.add(item.put("status", "incomplete"));
            item = null;
        }
    }

    private void piece(Kind of, String piece, @Nullable JsonText probabilities) {
        open(of);
        text.append(piece);
        ArrayNode added = read(probabilities);
        logprobs.addAll(added);
        if (piece.isEmpty() && added.isEmpty()) {
            return;
        }
        ObjectNode event = event(of.event + ".delta").put("content_index", part);
        event.put("delta", piece);
        if (of == Kind.TEXT) {
            event.set("logprobs", added);
        }
        events.accept(event);
    }

    private void call(ToolCallDelta piece) {
        if (kind != Kind.CALL || item == null || piece.index() != call) {
            closeItem("completed");
            kind = Kind.CALL;
            call = piece.index();
            ObjectNode begun =
                    begun("fc", "function_call")
                            .put("status", "in_progress")
                            .put("call_id", piece.id())
                            .put("name", piece.name())
                            .put("arguments", "");
            openItem(begun);
        }
        if (!piece.arguments().isEmpty()) {
            text.append(piece.arguments());
            events.accept(event(Kind.CALL.event + ".delta").put("delta", piece.arguments()));
        }
    }

    private void open(Kind of) {
        if (kind == of && item != null) {
            return;
        }
        if (item != null && kind != null && kind.message() && of.message()) {
            closePart(item, kind);
            part++;
        } else {
            closeItem("completed");
            ObjectNode begun;
            if (of == Kind.REASONING) {
                begun = begun("rs", "reasoning");
                begun.putArray("summary");
                begun.putArray("content");
                begun.putNull("encrypted_content");
                begun.put("status", "in_progress");
            } else {
                begun = begun("msg", "message").put("status", "in_progress");
                begun.put("role", "assistant").putArray("content");
            }
            part = 0;
            openItem(begun);
        }
        kind = of;
        ObjectNode event = event("response.content_part.added").put("content_index", part);
        event.set("part", partOf(of, "", Json.MAPPER.createArrayNode()));
        events.accept(event);
    }

    private void openItem(ObjectNode begun) {
        item = begun;
        text = new StringBuilder();
        logprobs = Json.MAPPER.createArrayNode();
        ObjectNode event = of("response.output_item.added").put("output_index", done.size());
        event.set("item", begun.deepCopy());
        events.accept(event);
    }

    private void closeItem(String status) {
        ObjectNode closing = item;
        Kind was = kind;
        if (closing == null || was == null) {
            return;
        }
        closePart(closing, was);
        closing.put("status", status);
        ObjectNode event = of("response.output_item.done").put("output_index", done.size());
        event.set("item", closing);
        events.accept(event);
        done.add(closing);
        item = null;
        kind = null;
    }

    private void closePart(ObjectNode closing, Kind was) {
        String whole = text.toString();
        ObjectNode event = event(was.event + ".done");
        if (was == Kind.CALL) {
            event.set("name", closing.get("name"));
        } else {
            event.put("content_index", part);
        }
        event.put(was.field, whole);
        if (was == Kind.TEXT) {
            event.set("logprobs", logprobs);
        }
        events.accept(event);
        if (was != Kind.CALL) {
            ObjectNode ended = event("response.content_part.done").put("content_index", part);
            ended.set("part", partOf(was, whole, logprobs));
            events.accept(ended);
        }
        finishPart(closing, was);
    }

    private void finishPart(ObjectNode closing, Kind was) {
        String whole = text.toString();
        if (was == Kind.CALL) {
            closing.put("arguments", whole);
        } else {
            closing.withArray("content").add(partOf(was, whole, logprobs));
        }
        text = new StringBuilder();
        logprobs = Json.MAPPER.createArrayNode();
    }

    private static ObjectNode partOf(Kind kind, String text, ArrayNode logprobs) {
        ObjectNode part = Json.MAPPER.createObjectNode().put("type", kind.part);
        if (kind == Kind.TEXT) {
            part.putArray("annotations");
            part.set("logprobs", logprobs);
        }
        return part.put(kind.field, text);
    }

    /// An event about the open item.
    private ObjectNode event(String type) {
        ObjectNode event = of(type);
        if (item != null) {
            event.set("item_id", item.get("id"));
        }
        return event.put("output_index", done.size());
    }

    private ObjectNode begun(String prefix, String type) {
        return Json.MAPPER
                .createObjectNode()
                .put("id", "%s_%s%02x".formatted(prefix, digits, done.size()))
                .put("type", type);
    }

    private static ObjectNode of(String type) {
        return Json.MAPPER.createObjectNode().put("type", type);
    }

    private static ArrayNode read(@Nullable JsonText logprobs) {
        if (logprobs != null) {
            try {
                JsonNode content = Json.MAPPER.readTree(logprobs.text()).path("content");
                if (content instanceof ArrayNode array) {
                    return array;
                }
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("logprobs that were JSON a moment ago", e);
            }
        }
        return Json.MAPPER.createArrayNode();
    }
}
