package mooring.api.anthropic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import mooring.api.ClientPresence;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.json.Json;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A whole answer: the pieces are gathered and leave as one `message`.
///
/// Nothing is written before the end, so that every failure is an HTTP error.
final class MessageAnswer implements Caller {

    private final Exchange exchange;
    private final ModelId model;
    private final ServiceTier tier;
    private final ClientPresence presence;
    private final StringBuilder thinking = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final Map<Integer, Call> calls = new TreeMap<>();
    private StreamEvent.@Nullable Finished finish;

    /// One tool call while it is put together.
    private static final class Call {
        private String id = "";
        private String name = "";
        private final StringBuilder input = new StringBuilder();
    }

    MessageAnswer(Exchange exchange, ModelId model, ServiceTier tier) {
        this.exchange = exchange;
        this.model = model;
        this.tier = tier;
        this.presence = new ClientPresence(exchange.response());
    }

    @Override
    public boolean streaming() {
        return false;
    }

    @Override
    public void allowance(Allowance allowance) {
        Refusals.headers(exchange.response(), allowance);
    }

    @Override
    public void commit() {}

    @Override
    public void keepAlive() {}

    @Override
    public void event(StreamEvent event) {
        switch (event) {
            case StreamEvent.Delta delta -> delta(delta);
            case StreamEvent.Finished finished -> finish = finished;
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    private void delta(StreamEvent.Delta delta) {
        if (delta.reasoning() != null) {
            thinking.append(delta.reasoning());
        }
        if (delta.text() != null) {
            text.append(delta.text());
        }
        if (delta.refusal() != null) {
            text.append(delta.refusal());
        }
        for (ToolCallDelta piece : delta.toolCalls()) {
            Call call = calls.computeIfAbsent(piece.index(), _ -> new Call());
            if (piece.id() != null) {
                call.id = piece.id();
            }
            if (piece.name() != null) {
                call.name = piece.name();
            }
            call.input.append(piece.arguments());
        }
    }

    @Override
    public void complete(Receipt receipt) {
        presence.over();
        ObjectNode message =
                Json.MAPPER
                        .createObjectNode()
                        .put("id", MessageJson.answerId(exchange.id()))
                        .put("type", "message")
                        .put("role", "assistant")
                        .put("model", model.text());
        ArrayNode content = message.putArray("content");
        if (!thinking.isEmpty()) {
            content.addObject()
                    .put("type", "thinking")
                    .put("thinking", thinking.toString())
                    .put("signature", "");
        }
        if (!text.isEmpty() || calls.isEmpty()) {
            content.addObject().put("type", "text").put("text", text.toString());
        }
        for (Call call : calls.values()) {
            content.addObject()
                    .put("type", "tool_use")
                    .put("id", call.id)
                    .put("name", call.name)
                    .set("input", input(call.input.toString()));
        }
        if (finish != null) {
            MessageJson.ending(message, finish);
        }
        message.set("usage", MessageJson.usage(receipt.usage(), tier));
        exchange.json(200, message);
    }

    /// The arguments as the object that they should be. A model that was cut off may have written
    /// half of one: it is handed on as it is.
    private static JsonNode input(String arguments) {
        try {
            JsonNode read = Json.MAPPER.readTree(arguments.isBlank() ? "{}" : arguments);
            if (read.isObject()) {
                return read;
            }
        } catch (JsonProcessingException _) {
            // Falls through: not JSON.
        }
        return Json.MAPPER.createObjectNode().put("_unparsed", arguments);
    }

    @Override
    public void fail(Problem problem) {
        presence.over();
        AnthropicErrors.answer(exchange, problem);
    }

    @Override
    public boolean writable() {
        return true;
    }

    @Override
    public void onWritable(Runnable action) {}

    @Override
    public void drop() {
        exchange.drop();
        presence.dropped();
    }

    @Override
    public void onGone(Runnable action) {
        presence.onGone(action);
    }
}
