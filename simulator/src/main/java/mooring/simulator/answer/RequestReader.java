package mooring.simulator.answer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import mooring.simulator.script.Directive;
import mooring.simulator.text.ChatTemplate;
import mooring.simulator.text.Prompt;
import org.jspecify.annotations.Nullable;

/// Reads a completion request's body the way engines do: leniently.
///
/// Pure, so that a long prompt can be read away from the event loop.
public final class RequestReader {

    private static final int UNLIMITED = Integer.MAX_VALUE;
    private static final int MAX_CHOICES = 128;
    private static final int TEXT_DEFAULT_TOKENS = 16;

    private final List<String> models;

    public RequestReader(List<String> models) {
        this.models = models;
    }

    /// Reads the body of a chat completion or, where `chat` is false, of a text completion.
    public CompletionRequest read(JsonNode body, boolean chat) {
        if (!body.isObject()) {
            throw new RefusedException(400, "body: expected a JSON object");
        }
        String model = model(body);
        String salt = text(body, "cache_salt");
        String rendered = chat ? rendered(body) : textPrompt(body.path("prompt"));
        JsonNode streamOptions = body.path("stream_options");
        Integer asked = askedTokens(body, chat);
        List<String> fields = new ArrayList<>();
        body.fieldNames().forEachRemaining(fields::add);
        return new CompletionRequest(
                chat,
                model,
                Prompt.of(rendered, model + '\0' + (salt == null ? "" : salt)),
                Directive.in(chat ? lastUserText(body) : rendered),
                body.path("stream").asBoolean(false),
                choices(body),
                asked,
                limitTokens(body, asked),
                body.path("ignore_eos").asBoolean(false),
                stops(body.path("stop")),
                body.path("seed").asLong(0),
                topLogprobs(body, chat),
                forcedTool(body),
                schema(body),
                streamOptions.path("include_usage").asBoolean(false),
                streamOptions.path("continuous_usage_stats").asBoolean(false),
                body.path("timings_per_token").asBoolean(false),
                body.path("cache_prompt").asBoolean(true),
                salt,
                text(body, "user"),
                body.has("metadata") ? body.path("metadata") : null,
                fields);
    }

    /// The prompt text that the body's messages make, tools included.
    public static String rendered(JsonNode body) {
        JsonNode messages = body.path("messages");
        if (!messages.isArray()) {
            throw new RefusedException(400, "messages: expected an array");
        }
        for (int i = 0; i < messages.size(); i++) {
            if (!messages.path(i).path("role").isTextual()) {
                throw new RefusedException(400, "messages[" + i + "].role: expected a string");
            }
        }
        boolean offered = !"none".equals(body.path("tool_choice").asText());
        return ChatTemplate.render(
                messages,
                offered ? body.path("tools") : null,
                body.path("add_generation_prompt").asBoolean(true));
    }

    private String model(JsonNode body) {
        String model = body.path("model").asText(models.getFirst());
        if (!models.contains(model)) {
            throw new RefusedException(404, "The model `" + model + "` does not exist.");
        }
        return model;
    }

    private static String textPrompt(JsonNode prompt) {
        JsonNode only = prompt.isArray() && prompt.size() == 1 ? prompt.path(0) : prompt;
        if (!only.isTextual()) {
            throw new RefusedException(400, "prompt: expected one string");
        }
        return only.textValue();
    }

    private static String lastUserText(JsonNode body) {
        JsonNode messages = body.path("messages");
        for (int i = messages.size() - 1; i >= 0; i--) {
            if ("user".equals(messages.path(i).path("role").asText())) {
                return ChatTemplate.text(messages.path(i).path("content"));
            }
        }
        return "";
    }

    private static @Nullable String text(JsonNode body, String key) {
        return body.path(key).isTextual() ? body.path(key).textValue() : null;
    }

    private static int choices(JsonNode body) {
        int choices = body.path("n").asInt(1);
        if (choices < 1 || choices > MAX_CHOICES) {
            throw new RefusedException(
                    400, "n: " + choices + " (expected: 1.." + MAX_CHOICES + ")");
        }
        return choices;
    }

    private static @Nullable Integer askedTokens(JsonNode body, boolean chat) {
        JsonNode newer = body.path("max_completion_tokens");
        JsonNode asked = chat && newer.isNumber() ? newer : body.path("max_tokens");
        if (!asked.isNumber()) {
            return chat ? null : Integer.valueOf(TEXT_DEFAULT_TOKENS);
        }
        if (asked.asInt() < 1) {
            throw new RefusedException(
                    400, "max_tokens must be at least 1, got " + asked.asInt() + ".");
        }
        return asked.asInt();
    }

    /// llama.cpp's and SGLang's own names win over OpenAI's, negative means without end.
    private static int limitTokens(JsonNode body, @Nullable Integer asked) {
        for (String alias : new String[] {"n_predict", "max_new_tokens"}) {
            if (body.path(alias).isNumber()) {
                int limit = body.path(alias).asInt();
                return limit < 0 ? UNLIMITED : limit;
            }
        }
        return asked == null ? UNLIMITED : asked;
    }

    private static List<String> stops(JsonNode stop) {
        List<String> stops = new ArrayList<>();
        if (stop.isTextual()) {
            stops.add(stop.textValue());
        }
        stop.forEach(each -> stops.add(each.asText()));
        stops.removeIf(String::isEmpty);
        return stops;
    }

    private static int topLogprobs(JsonNode body, boolean chat) {
        JsonNode logprobs = body.path("logprobs");
        if (!chat) {
            return logprobs.isNumber() ? logprobs.asInt() : CompletionRequest.NO_LOGPROBS;
        }
        return logprobs.asBoolean(false)
                ? body.path("top_logprobs").asInt(0)
                : CompletionRequest.NO_LOGPROBS;
    }

    private static @Nullable String forcedTool(JsonNode body) {
        JsonNode choice = body.path("tool_choice");
        if (choice.isObject()) {
            return choice.path("function").path("name").asText();
        }
        return "required".equals(choice.asText())
                ? body.path("tools").path(0).path("function").path("name").asText()
                : null;
    }

    /// The schema that output must follow: a forced tool's parameters, or one of the many names
    /// under which engines take a schema; null for free text.
    private static @Nullable JsonNode schema(JsonNode body) {
        String tool = forcedTool(body);
        for (JsonNode offered : body.path("tools")) {
            if (offered.path("function").path("name").asText().equals(tool)) {
                return offered.path("function").path("parameters");
            }
        }
        JsonNode format = body.path("response_format");
        JsonNode[] places = {
            format.path("json_schema").path("schema"),
            format.path("schema"),
            body.path("json_schema"),
            body.path("guided_json"),
            body.path("structured_outputs").path("json")
        };
        for (JsonNode place : places) {
            if (place.isObject()) {
                return place;
            }
        }
        boolean json = "json_object".equals(format.path("type").asText());
        return json || tool != null ? JsonNodeFactory.instance.objectNode() : null;
    }
}
