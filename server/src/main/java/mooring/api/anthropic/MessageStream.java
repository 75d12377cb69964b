package mooring.api.anthropic;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import mooring.api.EventStream;
import mooring.api.Refusals;
import mooring.http.Exchange;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.json.JsonBytes;
import mooring.json.JsonBytes.Name;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A streamed answer: `message_start`, blocks one after the other, then `message_delta` with the
/// final usage and `message_stop`. A failure behind the first byte is an `error` event and no
/// `message_stop`.
final class MessageStream implements Caller {

    private enum Kind {
        THINKING,
        TEXT,
        TOOL
    }

    /// What is told of the block that stands open.
    private record Piece(String type, Name field) {

        static final Piece THINKING = new Piece("thinking_delta", Name.of("thinking"));
        static final Piece TEXT = new Piece("text_delta", Name.of("text"));
        static final Piece ARGUMENTS = new Piece("input_json_delta", Name.of("partial_json"));
    }

    private static final byte[] PIECE_BEGIN =
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\","
                    .getBytes(StandardCharsets.UTF_8);
    private static final Name INDEX = Name.of("index");
    private static final Name DELTA = Name.of("delta");
    private static final Name TYPE = Name.of("type");
    private static final byte[] END = {'\n', '\n'};

    /// Room for an event with a few words.
    private static final int PIECE_BYTES = 256;

    private final Exchange exchange;
    private final EventStream stream;
    private final ModelId model;
    private final ServiceTier tier;
    private final Map<Integer, Integer> blockOfCall = new HashMap<>();
    private long promptTokens;
    private boolean started;
    private int block = -1;
    private @Nullable Kind open;
    private StreamEvent.@Nullable Finished finish;

    MessageStream(Exchange exchange, ModelId model, ServiceTier tier) {
        this.exchange = exchange;
        this.stream = new EventStream(exchange);
        this.model = model;
        this.tier = tier;
    }

    @Override
    public boolean streaming() {
        return true;
    }

    @Override
    public void allowance(Allowance allowance) {
        Refusals.headers(exchange.response(), allowance);
    }

    @Override
    public void promptTokens(long tokens) {
        promptTokens = tokens;
    }

    @Override
    public void commit() {
        keepAlive();
    }

    @Override
    public void keepAlive() {
        start();
        send("ping", object("ping"));
    }

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
            open(Kind.THINKING, block("thinking").put("thinking", "").put("signature", ""));
            piece(Piece.THINKING, delta.reasoning());
        }
        if (delta.text() != null && !delta.text().isEmpty()) {
            open(Kind.TEXT, block("text").put("text", ""));
            piece(Piece.TEXT, delta.text());
        }
        if (delta.refusal() != null) {
            open(Kind.TEXT, block("text").put("text", ""));
            piece(Piece.TEXT, delta.refusal());
        }
        for (ToolCallDelta call : delta.toolCalls()) {
            call(call);
        }
    }

    private void call(ToolCallDelta call) {
        if (!blockOfCall.containsKey(call.index())) {
            close();
            block++;
            open = Kind.TOOL;
            blockOfCall.put(call.index(), block);
            ObjectNode opening =
                    block("tool_use")
                            .put("id", call.id() == null ? "call_" + block : call.id())
                            .put("name", call.name());
            opening.putObject("input");
            started(opening);
        }
        if (!call.arguments().isEmpty()) {
            piece(Piece.ARGUMENTS, call.arguments());
        }
    }

    @Override
    public void complete(Receipt receipt) {
        start();
        if (block < 0) {
            open(Kind.TEXT, block("text").put("text", ""));
        }
        close();
        ObjectNode last = object("message_delta");
        if (finish != null) {
            MessageJson.ending(last.putObject("delta"), finish);
        }
        last.set("usage", MessageJson.usage(receipt.usage(), tier));
        send("message_delta", last);
        send("message_stop", object("message_stop"));
        stream.end();
    }

    @Override
    public void fail(Problem problem) {
        if (!stream.begun()) {
            stream.abandon();
            AnthropicErrors.answer(exchange, problem);
            return;
        }
        stream.write(frame("error", AnthropicErrors.body(problem, exchange.id())));
        stream.end();
    }

    @Override
    public boolean writable() {
        return stream.writable();
    }

    @Override
    public void onWritable(Runnable action) {
        stream.onWritable(action);
    }

    @Override
    public void drop() {
        stream.drop();
    }

    @Override
    public void onGone(Runnable action) {
        stream.onGone(action);
    }

    /// With the prompt's tokens as the engine counted them so far, or else an estimate. What of
    /// them was cached is known at the end: `message_delta` repeats them all and replaces these.
    private void start() {
        if (started) {
            return;
        }
        started = true;
        ObjectNode first = object("message_start");
        ObjectNode message =
                first.putObject("message")
                        .put("id", MessageJson.answerId(exchange.id()))
                        .put("type", "message")
                        .put("role", "assistant")
                        .put("model", model.text());
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.set("usage", MessageJson.usage(Usage.ofPrompt(promptTokens, 0, 0, 0), tier));
        send("message_start", first);
    }

    private void open(Kind kind, ObjectNode opening) {
        if (open != kind) {
            close();
            block++;
            open = kind;
            started(opening);
        }
    }

    private void started(ObjectNode opening) {
        // Not before there is something to show: engines open with an empty piece, and tell the
        // prompt's tokens beside it.
        start();
        ObjectNode start = object("content_block_start").put("index", block);
        start.set("content_block", opening);
        send("content_block_start", start);
    }

    /// Nearly all events of an answer are of this kind.
    private void piece(Piece piece, String text) {
        stream.write(
                new JsonBytes(PIECE_BYTES)
                        .ready(PIECE_BEGIN)
                        .number(INDEX, block)
                        .beginObject(DELTA)
                        .text(TYPE, piece.type)
                        .text(piece.field, text)
                        .endObject()
                        .endObject()
                        .ready(END)
                        .buffer());
    }

    private void close() {
        if (open != null) {
            open = null;
            send("content_block_stop", object("content_block_stop").put("index", block));
        }
    }

    private static ObjectNode block(String type) {
        return object(type);
    }

    private static ObjectNode object(String type) {
        return Json.MAPPER.createObjectNode().put("type", type);
    }

    private void send(String event, ObjectNode data) {
        stream.write(frame(event, Buffer.buffer(data.toString())));
    }

    private static Buffer frame(String event, Buffer data) {
        return Buffer.buffer("event: " + event + "\ndata: ")
                .appendBuffer(data)
                .appendString("\n\n");
    }
}
