package mooring.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import mooring.simulator.answer.RefusedException;
import mooring.simulator.answer.RequestReader;
import mooring.simulator.text.Tokenizer;
import mooring.simulator.timing.Sequence;
import org.jspecify.annotations.Nullable;

/// What engines tell beside completions: models, health, tokens, slots, properties, version.
final class Pages {

    private static final int VECTOR_LENGTH = 8;
    private static final long CREATED_SECONDS = 1_700_000_000;

    private final Engine engine;
    private final Bodies bodies;

    Pages(Engine engine, Bodies bodies) {
        this.engine = engine;
        this.bodies = bodies;
    }

    void models(HttpServerResponse response) {
        ObjectNode body = object().put("object", "list");
        ArrayNode data = body.putArray("data");
        for (String model : engine.options.models()) {
            data.addObject()
                    .put("id", model)
                    .put("object", "model")
                    .put("created", CREATED_SECONDS)
                    .put("owned_by", EngineSimulator.NAME)
                    .put("root", model)
                    .putNull("parent")
                    .put("max_model_len", engine.options.contextTokens())
                    .putArray("permission");
        }
        Replies.json(response, body);
    }

    void health(HttpServerResponse response) {
        Replies.json(response, object().put("status", "ok"));
    }

    void metrics(HttpServerResponse response) {
        Replies.text(response, Metrics.of(engine));
    }

    void version(HttpServerResponse response) {
        Replies.json(response, object().put("version", EngineSimulator.NAME));
    }

    void props(HttpServerResponse response) {
        ObjectNode body = object();
        body.putObject("default_generation_settings").put("n_ctx", engine.options.contextTokens());
        body.put("total_slots", engine.options.maxNumSeqs());
        body.put("model_alias", engine.options.models().getFirst());
        body.put("model_path", EngineSimulator.NAME);
        body.put("chat_template", "<|role|>content<|end|>");
        body.put("build_info", EngineSimulator.NAME);
        Replies.json(response, body);
    }

    void slots(HttpServerRequest http) {
        @Nullable Sequence[] running = engine.scheduler.running();
        boolean full = engine.scheduler.runningCount() == running.length;
        if (full && http.getParam("fail_on_no_slot") != null) {
            throw new RefusedException(503, "no slot available");
        }
        ArrayNode body = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < running.length; i++) {
            Sequence sequence = running[i];
            ObjectNode slot = body.addObject();
            slot.put("id", i);
            slot.put("n_ctx", engine.options.contextTokens());
            slot.put("is_processing", sequence != null);
            if (sequence != null) {
                slot.putObject("next_token").put("n_decoded", sequence.generatedTokens());
            }
        }
        Replies.json(http.response(), body);
    }

    /// `{content}` as llama.cpp has it, `{prompt}` or `{messages}` as vLLM has it.
    void tokenize(HttpServerRequest http) {
        bodies.read(http, this::tokenized, body -> Replies.json(http.response(), body));
    }

    private ObjectNode tokenized(JsonNode body) {
        if (body.has("content")) {
            boolean pieces = body.path("with_pieces").asBoolean(false);
            ObjectNode answer = object();
            ArrayNode tokens = answer.putArray("tokens");
            for (String token : Tokenizer.tokens(body.path("content").asText())) {
                if (pieces) {
                    tokens.addObject().put("id", Tokenizer.id(token)).put("piece", token);
                } else {
                    tokens.add(Tokenizer.id(token));
                }
            }
            return answer;
        }
        String text =
                body.has("messages") ? RequestReader.rendered(body) : body.path("prompt").asText();
        List<String> tokens = Tokenizer.tokens(text);
        ObjectNode answer = object();
        answer.put("count", tokens.size());
        answer.put("max_model_len", engine.options.contextTokens());
        ArrayNode ids = answer.putArray("tokens");
        tokens.forEach(token -> ids.add(Tokenizer.id(token)));
        if (body.path("return_token_strs").asBoolean(false)) {
            tokens.forEach(answer.putArray("token_strs")::add);
        } else {
            answer.putNull("token_strs");
        }
        return answer;
    }

    /// Vectors of eight numbers that follow from the text alone.
    void embeddings(HttpServerRequest http) {
        bodies.read(http, Pages::embedded, body -> Replies.json(http.response(), body));
    }

    private static ObjectNode embedded(JsonNode body) {
        JsonNode input = body.path("input");
        boolean one = input.isTextual() || input.path(0).isNumber();
        ObjectNode answer = object().put("object", "list").put("id", "embd-simulated");
        ArrayNode data = answer.putArray("data");
        int tokens = 0;
        for (JsonNode each : one ? List.of(input) : input) {
            String text = each.isTextual() ? each.textValue() : each.toString();
            tokens += each.isTextual() ? Tokenizer.tokens(text).size() : each.size();
            ObjectNode vector = data.addObject().put("object", "embedding");
            vector.put("index", data.size() - 1);
            ArrayNode numbers = vector.putArray("embedding");
            for (int i = 0; i < VECTOR_LENGTH; i++) {
                numbers.add((text.hashCode() >> (4 * i) & 0xF) / 16.0);
            }
        }
        answer.set("model", body.path("model"));
        answer.putObject("usage")
                .put("prompt_tokens", tokens)
                .put("total_tokens", tokens)
                .put("completion_tokens", 0);
        return answer;
    }

    void applyTemplate(HttpServerRequest http) {
        bodies.read(
                http,
                RequestReader::rendered,
                prompt -> Replies.json(http.response(), object().put("prompt", prompt)));
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }
}
