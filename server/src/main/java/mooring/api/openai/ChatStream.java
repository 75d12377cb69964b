package mooring.api.openai;

import static mooring.api.openai.ChatJson.ARGUMENTS;
import static mooring.api.openai.ChatJson.CHOICES;
import static mooring.api.openai.ChatJson.CONTENT;
import static mooring.api.openai.ChatJson.FINISH_REASON;
import static mooring.api.openai.ChatJson.FUNCTION;
import static mooring.api.openai.ChatJson.ID;
import static mooring.api.openai.ChatJson.INDEX;
import static mooring.api.openai.ChatJson.LOGPROBS;
import static mooring.api.openai.ChatJson.NAME;
import static mooring.api.openai.ChatJson.REFUSAL;
import static mooring.api.openai.ChatJson.ROLE;
import static mooring.api.openai.ChatJson.TOOL_CALLS;
import static mooring.api.openai.ChatJson.TYPE;
import static mooring.api.openai.ChatJson.USAGE;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.function.Consumer;
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
import mooring.json.JsonBytes;
import mooring.json.JsonBytes.Name;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A streamed answer: one `chat.completion.chunk` for each event, then usage if it was asked for,
/// then `[DONE]`. A failure behind the first byte is an `error` event and no `[DONE]`.
final class ChatStream implements Caller {

    /// Bytes of a chunk with a few words.
    private static final int ROOM = 512;

    private static final Name DELTA = Name.of("delta");
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};
    private static final byte[] END = {'\n', '\n'};
    private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

    private final Exchange exchange;
    private final EventStream stream;
    private final byte[] first;
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
                                json.beginArray(CHOICES).endArray();
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

    private void writeDelta(JsonBytes json, StreamEvent.Delta delta) {
        beginChoice(json, delta.extras(), delta.choice());
        json.beginObject(DELTA);
        if (!opened.get(delta.choice())) {
            opened.set(delta.choice());
            json.text(ROLE, "assistant");
        }
        if (delta.text() != null) {
            json.text(CONTENT, delta.text());
        }
        if (delta.reasoning() != null) {
            ChatJson.writeReasoning(json, delta.reasoning(), profile);
        }
        if (delta.refusal() != null) {
            json.text(REFUSAL, delta.refusal());
        }
        if (!delta.toolCalls().isEmpty()) {
            json.beginArray(TOOL_CALLS);
            for (ToolCallDelta call : delta.toolCalls()) {
                writeToolCall(json, call);
            }
            json.endArray();
        }
        ChatJson.writeExtras(json, delta.extras().delta());
        json.endObject();
        ChatJson.writeRaw(json, LOGPROBS, delta.logprobs());
        json.nothing(FINISH_REASON);
        endChoice(json, delta.extras());
    }

    private static void writeToolCall(JsonBytes json, ToolCallDelta call) {
        json.beginObject().number(INDEX, call.index());
        if (call.id() != null) {
            json.text(ID, call.id()).text(TYPE, "function");
        }
        json.beginObject(FUNCTION);
        if (call.name() != null) {
            json.text(NAME, call.name());
        }
        json.text(ARGUMENTS, call.arguments()).endObject().endObject();
    }

    private void writeFinish(JsonBytes json, StreamEvent.Finished finished, @Nullable Usage usage) {
        beginChoice(json, finished.extras(), finished.choice());
        json.beginObject(DELTA);
        if (!opened.get(finished.choice())) {
            opened.set(finished.choice());
            json.text(ROLE, "assistant").text(CONTENT, "");
        }
        ChatJson.writeExtras(json, finished.extras().delta());
        json.endObject()
                .nothing(LOGPROBS)
                .text(FINISH_REASON, ChatJson.finishReason(finished.reason()));
        if (usage != null) {
            ChatJson.writeUsage(json, usage, profile);
        }
        endChoice(json, finished.extras());
    }

    private static void beginChoice(JsonBytes json, Extras extras, int choice) {
        ChatJson.writeExtras(json, extras.chunk());
        json.beginArray(CHOICES).beginObject().number(INDEX, choice);
    }

    private void endChoice(JsonBytes json, Extras extras) {
        ChatJson.writeExtras(json, extras.choice());
        json.endObject().endArray();
        if (includeUsage) {
            json.nothing(USAGE);
        }
    }

    /// What stands before every chunk's own fields, and the comma behind it.
    private static byte[] first(
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
        return ("data: " + object.substring(0, object.length() - 1) + ",")
                .getBytes(StandardCharsets.UTF_8);
    }

    private Buffer chunk(Consumer<JsonBytes> fields) {
        JsonBytes json = new JsonBytes(ROOM).ready(first);
        fields.accept(json);
        return json.endObject().ready(END).buffer();
    }
}
