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

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import mooring.api.ClientPresence;
import mooring.api.Refusals;
import mooring.catalog.AnswerProfile;
import mooring.http.Exchange;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import mooring.json.Json;
import mooring.json.JsonBytes;
import mooring.json.JsonBytes.Name;
import mooring.limits.Allowance;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.relay.Receipt;
import org.jspecify.annotations.Nullable;

/// A whole answer: the pieces are gathered and leave as one `chat.completion`.
///
/// Nothing is written before the end, so that every failure is an HTTP error.
final class ChatAnswer implements Caller {

    /// Bytes of a short answer.
    private static final int ROOM = 1024;

    private static final Name OBJECT = Name.of("object");
    private static final Name CREATED = Name.of("created");
    private static final Name MODEL = Name.of("model");
    private static final Name SERVICE_TIER = Name.of("service_tier");
    private static final Name MESSAGE = Name.of("message");

    private final Exchange exchange;
    private final ModelId model;
    private final ServiceTier tier;
    private final long createdSeconds;
    private final AnswerProfile profile;
    private final ClientPresence presence;
    private final Map<Integer, Choice> choices = new TreeMap<>();
    private Map<String, JsonText> extras = Map.of();

    ChatAnswer(
            Exchange exchange,
            ModelId model,
            ServiceTier tier,
            long createdSeconds,
            AnswerProfile profile) {
        this.exchange = exchange;
        this.model = model;
        this.tier = tier;
        this.createdSeconds = createdSeconds;
        this.profile = profile;
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
            case StreamEvent.Delta delta -> {
                extras = ChatJson.with(extras, delta.extras().chunk());
                choice(delta.choice()).add(delta);
            }
            case StreamEvent.Finished finished -> {
                extras = ChatJson.with(extras, finished.extras().chunk());
                choice(finished.choice()).finish(finished);
            }
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> {}
        }
    }

    private Choice choice(int index) {
        return choices.computeIfAbsent(index, _ -> new Choice());
    }

    @Override
    public void complete(Receipt receipt) {
        presence.over();
        JsonBytes json = new JsonBytes(ROOM);
        json.beginObject()
                .text(ID, ChatJson.answerId(exchange.id()))
                .text(OBJECT, "chat.completion")
                .number(CREATED, createdSeconds)
                .text(MODEL, model.text())
                .text(SERVICE_TIER, ChatJson.serviceTier(tier))
                .beginArray(CHOICES);
        for (Map.Entry<Integer, Choice> choice : choices.entrySet()) {
            choice.getValue().write(json, choice.getKey(), profile);
        }
        json.endArray();
        ChatJson.writeUsage(json, receipt.usage(), profile);
        ChatJson.writeReceipt(json, receipt);
        ChatJson.writeExtras(json, extras);
        exchange.json(200, json.endObject().buffer());
    }

    @Override
    public void fail(Problem problem) {
        presence.over();
        OpenAiErrors.answer(exchange, problem);
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

    /// One choice while it is put together.
    private static final class Choice {

        private final StringBuilder text = new StringBuilder();
        private final StringBuilder reasoning = new StringBuilder();
        private final StringBuilder refusal = new StringBuilder();
        private final Map<Integer, Call> calls = new TreeMap<>();
        private Map<String, JsonText> choiceExtras = Map.of();
        private Map<String, JsonText> deltaExtras = Map.of();
        private @Nullable ObjectNode logprobs;
        private FinishReason finish = FinishReason.STOP;
        private boolean textSeen;

        void add(StreamEvent.Delta delta) {
            if (delta.text() != null) {
                textSeen = true;
                text.append(delta.text());
            }
            if (delta.reasoning() != null) {
                reasoning.append(delta.reasoning());
            }
            if (delta.refusal() != null) {
                refusal.append(delta.refusal());
            }
            for (ToolCallDelta call : delta.toolCalls()) {
                calls.computeIfAbsent(call.index(), _ -> new Call()).add(call);
            }
            if (delta.logprobs() != null) {
                addLogprobs(delta.logprobs());
            }
            addExtras(delta.extras());
        }

        void finish(StreamEvent.Finished finished) {
            finish = finished.reason();
            addExtras(finished.extras());
        }

        private void addExtras(Extras extras) {
            choiceExtras = ChatJson.with(choiceExtras, extras.choice());
            deltaExtras = ChatJson.with(deltaExtras, extras.delta());
        }

        /// Streams carry the lists piece by piece: a whole answer has them joined.
        private void addLogprobs(JsonText piece) {
            JsonNode node;
            try {
                node = Json.MAPPER.readTree(piece.text());
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("logprobs that were JSON a moment ago", e);
            }
            if (!(node instanceof ObjectNode object)) {
                return;
            }
            if (logprobs == null) {
                logprobs = object;
                return;
            }
            for (Map.Entry<String, JsonNode> list : object.properties()) {
                if (list.getValue() instanceof ArrayNode more
                        && logprobs.get(list.getKey()) instanceof ArrayNode sofar) {
                    sofar.addAll(more);
                } else if (!list.getValue().isNull()) {
                    logprobs.set(list.getKey(), list.getValue());
                }
            }
        }

        void write(JsonBytes json, int index, AnswerProfile profile) {
            json.beginObject().number(INDEX, index).beginObject(MESSAGE).text(ROLE, "assistant");
            if (!textSeen && (!calls.isEmpty() || !refusal.isEmpty())) {
                json.nothing(CONTENT);
            } else {
                json.text(CONTENT, text.toString());
            }
            if (!reasoning.isEmpty()) {
                ChatJson.writeReasoning(json, reasoning.toString(), profile);
            }
            if (refusal.isEmpty()) {
                json.nothing(REFUSAL);
            } else {
                json.text(REFUSAL, refusal.toString());
            }
            if (!calls.isEmpty()) {
                json.beginArray(TOOL_CALLS);
                for (Call call : calls.values()) {
                    call.write(json);
                }
                json.endArray();
            }
            ChatJson.writeExtras(json, deltaExtras);
            json.endObject();
            if (logprobs == null) {
                json.nothing(LOGPROBS);
            } else {
                json.raw(LOGPROBS, logprobs.toString());
            }
            json.text(FINISH_REASON, ChatJson.finishReason(finish));
            ChatJson.writeExtras(json, choiceExtras);
            json.endObject();
        }
    }

    /// One tool call while it is put together.
    private static final class Call {

        private String id = "";
        private String name = "";
        private final StringBuilder arguments = new StringBuilder();

        void add(ToolCallDelta piece) {
            if (piece.id() != null) {
                id = piece.id();
            }
            if (piece.name() != null) {
                name = piece.name();
            }
            arguments.append(piece.arguments());
        }

        void write(JsonBytes json) {
            json.beginObject()
                    .text(ID, id)
                    .text(TYPE, "function")
                    .beginObject(FUNCTION)
                    .text(NAME, name)
                    .text(ARGUMENTS, arguments.toString())
                    .endObject()
                    .endObject();
        }
    }
}
