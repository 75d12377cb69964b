package mooring.api.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
import io.netty.buffer.ByteBufOutputStream;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.BitSet;
import mooring.api.EventStream;
import mooring.api.Refusals;
import mooring.catalog.AnswerProfile;
import mooring.http.Exchange;
import mooring.ids.RequestId;
import mooring.inference.Extras;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A streamed answer: one `chat.completion.chunk` for each event, then usage if it was asked for,
/// then `[DONE]`. A failure behind the first byte is an `error` event and no `[DONE]`.
final class ChatStream implements Caller {

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};
    private static final byte[] END = {'\n', '\n'};
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

    private final Exchange exchange;
    private final EventStream stream;
    private final SerializedString first;
    private final boolean includeUsage;
    private final AnswerProfile profile;
    private final BitSet opened = new BitSet();

    /// Of the choice that spoke last.
    private @Nullable TextChunk texts;

    /// The end that waits for its usage, where the profile has it in the same chunk.
    private StreamEvent.@Nullable Finished last;

    ChatStream(
            Exchange exchange,
            ModelId model,
            ServiceTier tier,
            long createdSeconds,
            boolean includeUsage,
            AnswerProfile profile) {
        this.exchange = exchange;
        this.first = first(exchange.id(), model, tier, createdSeconds);
        this.includeUsage = includeUsage;
        this.profile = profile;
        this.stream = new EventStream(exchange);
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
    public void commit() {
        stream.keepAlive();
    }

    @Override
    public void keepAlive() {
        stream.keepAlive();
    }

    @Override
    public void event(StreamEvent event) {
        switch (event) {
            case StreamEvent.Delta delta -> stream.write(piece(delta));
            case StreamEvent.Finished finished -> finished(finished);
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    private Buffer piece(StreamEvent.Delta delta) {
        String text = delta.text();
        int choice = delta.choice();
        if (text == null || !delta.textAlone() || !opened.get(choice)) {
            return chunk(json -> writeDelta(json, delta));
        }
        TextChunk around = texts;
        if (around == null || around.choice() != choice) {
            StreamEvent.Delta empty = StreamEvent.Delta.text(choice, "");
            around = new TextChunk(choice, chunk(json -> writeDelta(json, empty)));
            texts = around;
        }
        return around.of(text);
    }

    private void finished(StreamEvent.Finished finished) {
        if (profile == AnswerProfile.OPENAI) {
            stream.write(chunk(json -> writeFinish(json, finished, null)));
            return;
        }
        writeLast(null);
        last = finished;
    }

    private void writeLast(@Nullable Usage usage) {
        StreamEvent.Finished held = last;
        if (held != null) {
            last = null;
            stream.write(chunk(json -> writeFinish(json, held, usage)));
        }
    }

    @Override
    public void complete(Receipt receipt) {
        writeLast(receipt.usage());
        if (includeUsage) {
            stream.write(
                    chunk(
                            json -> {
                                json.writeArrayFieldStart("choices");
                                json.writeEndArray();
                                ChatJson.writeUsage(json, receipt.usage(), profile);
                                ChatJson.writeReceipt(json, receipt);
                            }));
        }
        stream.write(DONE.copy());
        stream.end();
    }

    @Override
    public void fail(Problem problem) {
        if (!stream.begun()) {
            stream.abandon();
            OpenAiErrors.answer(exchange, problem);
            return;
        }
        Buffer event =
                Buffer.buffer(DATA).appendBuffer(OpenAiErrors.body(problem)).appendBytes(END);
        stream.write(event);
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
            ChatJson.writeReasoning(json, delta.reasoning(), profile);
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

    private void writeFinish(
            JsonGenerator json, StreamEvent.Finished finished, @Nullable Usage usage)
            throws IOException {
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
        if (usage != null) {
            ChatJson.writeUsage(json, usage, profile);
        }
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

    /// The fields with which every chunk begins, and the comma behind them.
    private static SerializedString first(
            RequestId id, ModelId model, ServiceTier tier, long createdSeconds) {
        String object =
                Json.MAPPER
                        .createObjectNode()
                        .put("id", ChatJson.answerId(id))
                        .put("object", "chat.completion.chunk")
                        .put("created", createdSeconds)
                        .put("model", model.text())
                        .put("service_tier", ChatJson.serviceTier(tier))
                        .toString();
        return new SerializedString(object.substring(1, object.length() - 1) + ",");
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
                json.writeRaw(first);
                fields.write(json);
                json.writeEndObject();
            }
            out.write(END);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return BufferInternal.buffer(out.buffer());
    }
}
