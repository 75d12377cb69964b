package mooring.engine.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Consumer;
import mooring.catalog.EngineKind;
import mooring.engine.Engine;
import mooring.engine.EngineCall;
import mooring.engine.EngineCounters;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.engine.wire.ChatBody;
import mooring.engine.wire.ChatCall;
import mooring.engine.wire.EmbeddingCall;
import mooring.engine.wire.EngineHttp;
import mooring.engine.wire.MetricsReader;
import mooring.engine.wire.RawInput;
import mooring.inference.Request;
import mooring.inference.StreamEvent;
import mooring.inference.Task;
import mooring.inference.Usage;
import mooring.json.Json;

/// vLLM, SGLang, or any other address that speaks OpenAI's contract.
///
/// vLLM and SGLang keep tenants' cached prefixes apart by a salt and report usage with every chunk.
/// Of an unknown engine neither is assumed: it reports and prices no cache hits, since it could not
/// keep one tenant's prompts from another.
public final class OpenAiEngine implements Engine {

    private final EngineHttp http;
    private final EngineKind kind;
    private final String model;

    /// @param model the model's name on that engine
    public OpenAiEngine(EngineHttp http, EngineKind kind, String model) {
        this.http = http;
        this.kind = kind;
        this.model = model;
    }

    @Override
    public EngineStream open(EngineCall call, EngineListener listener) {
        if (call.request().task() instanceof Task.Embed task) {
            return EmbeddingCall.open(http, model, task, call.traceparent(), listener);
        }
        Buffer body =
                ChatBody.write(
                        call.request(),
                        model,
                        call.maxTokens(),
                        kind == EngineKind.OPENAI,
                        json -> writeDecisions(json, call));
        ChatCall chat = new ChatCall(listener, this::filter, _ -> {});
        chat.start(http, ChatBody.path(call.request()), body, call.traceparent());
        return chat;
    }

    private void writeDecisions(JsonGenerator json, EngineCall call) throws IOException {
        json.writeObjectFieldStart("stream_options");
        json.writeBooleanField("include_usage", true);
        // With several choices the running count is of one choice alone, and so of no use.
        if (separatesTenants() && call.request().choices() == 1) {
            json.writeBooleanField("continuous_usage_stats", true);
        }
        json.writeEndObject();
        switch (kind) {
            case VLLM -> json.writeStringField("cache_salt", call.scope().token());
            case SGLANG -> json.writeStringField("extra_key", call.scope().token());
            case LLAMACPP, OPENAI -> {}
        }
        if (call.request().continuesLastMessage()) {
            writeContinuation(json);
        }
    }

    /// That the answer goes on from the assistant's last message, in the engine's own words.
    private void writeContinuation(JsonGenerator json) throws IOException {
        switch (kind) {
            case VLLM -> {
                json.writeBooleanField("add_generation_prompt", false);
                json.writeBooleanField("continue_final_message", true);
            }
            case SGLANG -> json.writeBooleanField("continue_final_message", true);
            // Said in the message itself.
            case LLAMACPP, OPENAI -> {}
        }
    }

    private void filter(StreamEvent event, Consumer<StreamEvent> next) {
        if (event instanceof StreamEvent.UsageReported(Usage usage) && !separatesTenants()) {
            next.accept(
                    new StreamEvent.UsageReported(
                            Usage.ofPrompt(usage.prompt(), 0, usage.output(), usage.reasoning())));
        } else {
            next.accept(event);
        }
    }

    private boolean separatesTenants() {
        return switch (kind) {
            case VLLM, SGLANG -> true;
            case LLAMACPP, OPENAI -> false;
        };
    }

    /// By `POST /tokenize` with the messages, as vLLM and SGLang offer it.
    @Override
    public Future<Long> countPrompt(Request request) {
        if (!(request.task() instanceof Task.Chat)) {
            return RawInput.count(request.task(), this::countText);
        }
        Buffer body =
                ChatBody.json(
                        json -> {
                            json.writeStringField("model", model);
                            json.writeFieldName("messages");
                            ChatBody.writeMessages(json, request, false);
                            ChatBody.writeTools(json, request);
                            json.writeBooleanField("add_generation_prompt", true);
                        });
        return counted(body);
    }

    private Future<Long> countText(String text) {
        return counted(
                ChatBody.json(
                        json -> {
                            json.writeStringField("model", model);
                            json.writeStringField("prompt", text);
                        }));
    }

    private Future<Long> counted(Buffer body) {
        return http.call(HttpMethod.POST, "/tokenize", body)
                .map(
                        answer -> {
                            JsonNode count = count(answer);
                            if (!count.canConvertToLong()) {
                                throw new EngineException(
                                        new EngineFailure.Broken("a token count without count"));
                            }
                            return count.longValue();
                        });
    }

    @Override
    public Future<Optional<EngineCounters>> counters() {
        return switch (kind) {
            case VLLM -> counters("vllm:");
            case SGLANG -> counters("sglang:");
            case LLAMACPP, OPENAI -> Future.succeededFuture(Optional.empty());
        };
    }

    private Future<Optional<EngineCounters>> counters(String prefix) {
        return http.call(HttpMethod.GET, "/metrics", null)
                .map(
                        metrics ->
                                MetricsReader.counters(
                                        metrics,
                                        model,
                                        prefix + "prompt_tokens_total",
                                        prefix + "generation_tokens_total",
                                        true));
    }

    private static JsonNode count(Buffer answer) {
        try {
            return Json.MAPPER.readTree(answer.getBytes()).path("count");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
