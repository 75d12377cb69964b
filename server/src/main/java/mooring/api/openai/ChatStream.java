package mooring.api.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.BitSet;
import mooring.http.Exchange;
import mooring.inference.Extras;
import mooring.inference.ModelId;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.json.Json;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A streamed answer: one `chat.completion.chunk` for each event, then usage if it was asked for,
/// then `[DONE]`. A failure behind the first byte is an `error` event and no `[DONE]`.
///
/// What is written within one turn of the event loop leaves in one write.
final class ChatStream implements Caller {

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};
    private static final byte[] END = {'\n', '\n'};
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");
    private static final Buffer KEEP_ALIVE = Buffer.buffer(": keep-alive\n\n");

    private final Exchange exchange;
    private final String id;
    private final ModelId model;
    private final long createdSeconds;
    private final boolean includeUsage;
    private final ClientPresence presence;
    private final BitSet opened = new BitSet();
    private @Nullable Buffer pending;
    private boolean begun;
    private boolean over;

    ChatStream(Exchange exchange, ModelId model, long createdSeconds, boolean includeUsage) {
        this.exchange = exchange;
        this.id = ChatJson.answerId(exchange.id());
        this.model = model;
        this.createdSeconds = createdSeconds;
        this.includeUsage = includeUsage;
        this.presence = new ClientPresence(exchange.response());
    }

    @Override
    public boolean streaming() {
        return true;
    }

    @Override
    public void commit() {
        begin();
        write(KEEP_ALIVE);
    }

    private void begin() {
        if (!begun) {
            begun = true;
            exchange.response()
                    .setStatusCode(200)
                    .setChunked(true)
                    .putHeader("content-type", "text/event-stream; charset=utf-8")
                    .putHeader("cache-control", "no-cache")
                    .putHeader("x-accel-buffering", "no");
        }
    }

    @Override
    public void keepAlive() {
        write(KEEP_ALIVE);
    }

    @Override
    public void event(StreamEvent event) {
        begin();
        switch (event) {
            case StreamEvent.Delta delta -> write(chunk(json -> writeDelta(json, delta)));
            case StreamEvent.Finished finished -> write(chunk(json -> writeFinish(json, finished)));
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    @Override
    public void complete(Receipt receipt) {
        if (includeUsage) {
            write(
                    chunk(
                            json -> {
                                json.writeArrayFieldStart("choices");
                                json.writeEndArray();
                                ChatJson.writeUsage(json, receipt.usage());
                                ChatJson.writeReceipt(json, receipt);
                            }));
        }
        write(DONE);
        end();
    }

    @Override
    public void fail(Problem problem) {
        if (!begun) {
            over = true;
            presence.over();
            OpenAiErrors.answer(exchange, problem);
            return;
        }
        Buffer event =
                Buffer.buffer(DATA).appendBuffer(OpenAiErrors.body(problem)).appendBytes(END);
        write(event);
        end();
    }

    @Override
    public boolean writable() {
        return !exchange.response().writeQueueFull();
    }

    @Override
    public void onWritable(Runnable action) {
        exchange.response().drainHandler(_ -> action.run());
    }

    @Override
    public void onGone(Runnable action) {
        presence.onGone(action);
    }

    private void writeDelta(JsonGenerator json, StreamEvent.Delta delta) throws IOException {
        beginChoice(json, delta.extras(), delta.choice());
        json.writeObjectFieldStart("delta");
        if (!opened.get(delta.choice())) {
            opened.set(delta.choice());
            json.writeStringField("role", "assistant");
        }
        if (delta.text() != null) {
            json.writeStringField("content", delta.text());
        }
        if (delta.reasoning() != null) {
            // Clients read one name or the other.
            json.writeStringField("reasoning_content", delta.reasoning());
            json.writeStringField("reasoning", delta.reasoning());
        }
        if (delta.refusal() != null) {
            json.writeStringField("refusal", delta.refusal());
        }
        if (!delta.toolCalls().isEmpty()) {
            json.writeArrayFieldStart("tool_calls");
            for (ToolCallDelta call : delta.toolCalls()) {
                writeToolCall(json, call);
            }
            json.writeEndArray();
        }
        ChatJson.writeExtras(json, delta.extras().delta());
        json.writeEndObject();
        ChatJson.writeRaw(json, "logprobs", delta.logprobs());
        json.writeNullField("finish_reason");
        endChoice(json, delta.extras());
    }

    private static void writeToolCall(JsonGenerator json, ToolCallDelta call) throws IOException {
        json.writeStartObject();
        json.writeNumberField("index", call.index());
        if (call.id() != null) {
            json.writeStringField("id", call.id());
            json.writeStringField("type", "function");
        }
        json.writeObjectFieldStart("function");
        if (call.name() != null) {
            json.writeStringField("name", call.name());
        }
        json.writeStringField("arguments", call.arguments());
        json.writeEndObject();
        json.writeEndObject();
    }

    private void writeFinish(JsonGenerator json, StreamEvent.Finished finished) throws IOException {
        beginChoice(json, finished.extras(), finished.choice());
        json.writeObjectFieldStart("delta");
        if (!opened.get(finished.choice())) {
            opened.set(finished.choice());
            json.writeStringField("role", "assistant");
            json.writeStringField("content", "");
        }
        ChatJson.writeExtras(json, finished.extras().delta());
        json.writeEndObject();
        json.writeNullField("logprobs");
        json.writeStringField("finish_reason", ChatJson.finishReason(finished.reason()));
        endChoice(json, finished.extras());
    }

    private static void beginChoice(JsonGenerator json, Extras extras, int choice)
            throws IOException {
        ChatJson.writeExtras(json, extras.chunk());
        json.writeArrayFieldStart("choices");
        json.writeStartObject();
        json.writeNumberField("index", choice);
    }

    private void endChoice(JsonGenerator json, Extras extras) throws IOException {
        ChatJson.writeExtras(json, extras.choice());
        json.writeEndObject();
        json.writeEndArray();
        if (includeUsage) {
            json.writeNullField("usage");
        }
    }

    @FunctionalInterface
    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    private Buffer chunk(Fields fields) {
        ByteBufOutputStream out = new ByteBufOutputStream(Unpooled.buffer(512));
        try {
            out.write(DATA);
            try (JsonGenerator json = Json.FACTORY.createGenerator((OutputStream) out)) {
                json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
                json.writeStartObject();
                json.writeStringField("id", id);
                json.writeStringField("object", "chat.completion.chunk");
                json.writeNumberField("created", createdSeconds);
                json.writeStringField("model", model.text());
                fields.write(json);
                json.writeEndObject();
            }
            out.write(END);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BufferInternal.buffer(out.buffer());
    }

    private void write(Buffer bytes) {
        if (over || exchange.response().closed()) {
            return;
        }
        if (pending == null) {
            pending = Buffer.buffer(bytes.length() + 256).appendBuffer(bytes);
            exchange.context().runOnContext(_ -> flush());
        } else {
            pending.appendBuffer(bytes);
        }
    }

    private void flush() {
        Buffer bytes = pending;
        pending = null;
        if (bytes != null && !exchange.response().closed() && !exchange.response().ended()) {
            exchange.response().write(bytes);
        }
    }

    private void end() {
        if (over) {
            return;
        }
        over = true;
        presence.over();
        Buffer bytes = pending;
        pending = null;
        HttpServerResponse response = exchange.response();
        if (!response.closed() && !response.ended()) {
            if (bytes == null) {
                response.end();
            } else {
                response.end(bytes);
            }
        }
    }
}
