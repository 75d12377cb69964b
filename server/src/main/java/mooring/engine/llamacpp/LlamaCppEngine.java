package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import mooring.engine.Engine;
import mooring.engine.EngineCall;
import mooring.engine.EngineCounters;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.engine.wire.ChatBody;
import mooring.engine.wire.EmbeddingCall;
import mooring.engine.wire.EngineHttp;
import mooring.engine.wire.MetricsReader;
import mooring.engine.wire.RawInput;
import mooring.inference.Request;
import mooring.inference.Sampling;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// llama.cpp's own server.
///
/// It keeps prompts by slot and knows nothing of tenants, so every request names its slot and says
/// whether what is in there may be used. That holds as long as this adapter is the only one that
/// speaks to the engine: two gateways on one llama.cpp would not know of each other's prompts.
///
/// The text of a message is parsed for the template's special tokens: a user who writes them can
/// forge turns, of the own conversation only.
public final class LlamaCppEngine implements Engine {

    /// The engine takes 32 bits, and the last value of them for "none".
    private static final long SEEDS = 0xFFFF_FFFFL;

    private final Vertx vertx;
    private final EngineHttp http;
    private final String model;
    private final EngineFacts.Source facts;
    private final Generation.Parts parts;

    /// @param model the model's name on that engine
    /// @param slots how many requests to run at once, if the engine has as many slots
    public LlamaCppEngine(Vertx vertx, EngineHttp http, String model, int slots) {
        this.vertx = vertx;
        this.http = http;
        this.model = model;
        SlotPool pool = new SlotPool();
        this.facts =
                new EngineFacts.Source(
                        vertx, http, learned -> pool.resize(Math.min(slots, learned.totalSlots())));
        this.parts =
                new Generation.Parts(pool, facts, new IdleWatch(vertx, http), http.withoutReuse());
    }

    @Override
    public EngineStream open(EngineCall call, EngineListener listener) {
        if (call.request().task() instanceof Task.Embed task) {
            return EmbeddingCall.open(http, model, task, call.traceparent(), listener);
        }
        Context context = vertx.getOrCreateContext();
        Request asked = call.request();
        int prompts = Math.max(1, asked.task().inputs().size());
        Answer answer =
                new Answer(parts, context, asked.choices(), asked.choices() / prompts, listener);
        context.runOnContext(_ -> begin(call, answer));
        return answer;
    }

    private void begin(EngineCall call, Answer answer) {
        if (answer.over()) {
            return;
        }
        facts.now()
                .map(known -> Rendered.of(call.request(), known))
                .onComplete(
                        rendered -> {
                            if (rendered.failed()) {
                                answer.failed(EngineHttp.unreachable(rendered.cause()).failure());
                            } else {
                                answer.begin(choice -> order(call, rendered.result(), choice));
                            }
                        });
    }

    private Generation.Order order(EngineCall call, Rendered rendered, int choice) {
        Request request = ofOneChoice(rendered.request(), choice);
        return new Generation.Order(
                call.scope(),
                ChatBody.path(request),
                lease ->
                        ChatBody.write(
                                request,
                                model,
                                call.maxTokens(),
                                false,
                                json -> writeDecisions(json, call.maxTokens(), lease)),
                rendered.form(),
                call.request().sampling().topLogprobs());
    }

    private static void writeDecisions(JsonGenerator json, long maxTokens, SlotPool.Lease lease)
            throws IOException {
        // Of all names of the limit this one wins.
        json.writeNumberField("n_predict", maxTokens);
        json.writeNumberField("id_slot", lease.slot());
        json.writeBooleanField("cache_prompt", lease.reuse());
        json.writeNumberField("n_cache_reuse", 0);
        json.writeBooleanField("timings_per_token", true);
        // While nothing is written a closed connection goes unnoticed: with it a cancel takes
        // effect
        // after the running batch of a prompt.
        json.writeBooleanField("return_progress", true);
        json.writeObjectFieldStart("stream_options");
        json.writeBooleanField("include_usage", true);
        json.writeEndObject();
    }

    private static Request ofOneChoice(Request request, int choice) {
        Sampling sampling = request.sampling();
        return new Request(
                request.model(),
                request.messages(),
                new Sampling(
                        sampling.temperature(),
                        sampling.topP(),
                        sampling.presencePenalty(),
                        sampling.frequencyPenalty(),
                        seed(sampling.seed(), choice),
                        sampling.logitBias(),
                        alternatives(sampling.topLogprobs()),
                        sampling.stop()),
                request.maxTokens(),
                1,
                request.tools(),
                request.toolChoice(),
                request.parallelToolCalls(),
                request.responseFormat(),
                request.reasoningEffort(),
                request.tier(),
                request.passthrough(),
                request.promptBytes(),
                ofOnePrompt(request, choice),
                request.cacheKey());
    }

    private static Task ofOnePrompt(Request request, int choice) {
        if (request.task() instanceof Task.Continue(List<TextInput> prompts)) {
            int each = request.choices() / prompts.size();
            return new Task.Continue(List.of(prompts.get(choice / each)));
        }
        return request.task();
    }

    /// Asked for none, the engine leaves the log-probabilities out altogether.
    private static @Nullable Integer alternatives(@Nullable Integer asked) {
        return asked == null ? null : Math.max(1, asked);
    }

    /// One seed gives one text, and each choice of an answer another.
    private static @Nullable Long seed(@Nullable Long asked, int choice) {
        return asked == null ? null : Math.floorMod(Math.floorMod(asked, SEEDS) + choice, SEEDS);
    }

    @Override
    public Future<Long> countPrompt(Request request) {
        if (!(request.task() instanceof Task.Chat)) {
            return RawInput.count(request.task(), this::countText);
        }
        return facts.now()
                .map(known -> Rendered.of(request, known).request())
                .compose(
                        rendered ->
                                http.call(
                                        HttpMethod.POST,
                                        "/v1/chat/completions/input_tokens",
                                        ChatBody.json(
                                                json -> {
                                                    json.writeStringField("model", model);
                                                    json.writeFieldName("messages");
                                                    ChatBody.writeMessages(json, rendered, false);
                                                    ChatBody.writeTools(json, rendered);
                                                })))
                .map(LlamaCppEngine::tokens);
    }

    private Future<Long> countText(String text) {
        return http.call(
                        HttpMethod.POST,
                        "/tokenize",
                        ChatBody.json(
                                json -> {
                                    json.writeStringField("content", text);
                                    json.writeBooleanField("add_special", true);
                                }))
                .map(RawInput::tokensOf);
    }

    /// It counts only the prompt tokens that it computed.
    @Override
    public Future<Optional<EngineCounters>> counters() {
        return http.call(HttpMethod.GET, "/metrics", null)
                .map(
                        metrics ->
                                MetricsReader.counters(
                                        metrics,
                                        model,
                                        "llamacpp:prompt_tokens_total",
                                        "llamacpp:tokens_predicted_total",
                                        false));
    }

    private static long tokens(Buffer answer) {
        JsonNode count;
        try {
            count = Json.MAPPER.readTree(answer.getBytes()).path("input_tokens");
        } catch (IOException e) {
            throw new EngineException(
                    new EngineFailure.Broken("a token count that is no JSON: " + e.getMessage()));
        }
        if (!count.isIntegralNumber()) {
            throw new EngineException(new EngineFailure.Broken("a token count without a number"));
        }
        return count.longValue();
    }
}
