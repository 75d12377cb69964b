package mooring.api.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.api.JsonBody;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.engine.wire.ReservedFields;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
import mooring.inference.Tool;
import mooring.inference.ToolChoice;
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes and checks the body of a chat completion. What engines would let pass or trip over is
/// refused here, by field.
public final class ChatRequestReader {

    private static final int MAX_MESSAGES = 100_000;
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_CHARS = 512;

    /// What bounds the memory of one request. How many a model offers is for its rules to say.
    static final int MAX_CHOICES = 128;

    private static final int MAX_TOP_LOGPROBS = 20;
    private static final double MAX_BIAS = 100;
    private static final int MAX_MODEL_CHARS = 256;

    /// Fields that are read, or that a client may send without effect on the answer.
    private static final Set<String> KNOWN =
            Set.of(
                    "model",
                    "messages",
                    "stream",
                    "stream_options",
                    "max_tokens",
                    "max_completion_tokens",
                    "temperature",
                    "top_p",
                    "n",
                    "stop",
                    "seed",
                    "presence_penalty",
                    "frequency_penalty",
                    "logit_bias",
                    "logprobs",
                    "top_logprobs",
                    "tools",
                    "tool_choice",
                    "parallel_tool_calls",
                    "response_format",
                    "reasoning_effort",
                    "service_tier",
                    "user",
                    "metadata",
                    "safety_identifier",
                    "prompt_cache_key");

    private static final int MAX_CACHE_KEY_CHARS = 512;

    private final Catalog catalog;

    public ChatRequestReader(Catalog catalog) {
        this.catalog = catalog;
    }

    /// @throws ProblemException naming the first field that is wrong
    ChatRequest read(Buffer body) {
        JsonNode root = JsonBody.parse(body);
        JsonFields fields = new JsonFields(root, "");
        Model model = model(catalog, fields);
        Sizes sizes = new Sizes(model);
        List<String> ignored = new ArrayList<>();
        List<Message> messages = messages(fields, sizes, ignored);
        List<Tool> tools = ToolsReader.tools(fields, sizes, ignored);
        ToolChoice choice = ToolsReader.choice(fields, tools, ignored);
        ResponseFormat format = ToolsReader.responseFormat(fields, sizes, ignored);
        Boolean parallel = fields.flag("parallel_tool_calls");
        Long choices = fields.whole("n", 1, MAX_CHOICES);
        Sampling sampling = sampling(fields);
        Long maxTokens = maxTokens(fields, model);
        String effort = fields.text("reasoning_effort", "a word such as \"low\"");
        boolean stream = Boolean.TRUE.equals(fields.flag("stream"));
        boolean includeUsage = includeUsage(fields, ignored);
        Map<String, JsonText> passthrough = passthrough(root, model, KNOWN, ignored);
        Request request =
                new Request(
                        model.id(),
                        messages,
                        sampling,
                        maxTokens,
                        choices == null ? 1 : choices.intValue(),
                        tools,
                        choice,
                        parallel == null || parallel,
                        format,
                        effort,
                        tier(fields),
                        passthrough,
                        sizes.bytes());
        return new ChatRequest(
                request.withCacheKey(cacheKey(fields)),
                stream,
                includeUsage,
                model.profile(),
                ignored);
    }

    /// The model and messages alone, as token counting takes them; other fields as in a chat.
    Request readForCount(Buffer body) {
        return read(body).request();
    }

    public static Model model(Catalog catalog, JsonFields fields) {
        String name = fields.requiredText("model", "the id of a model of GET /v1/models");
        Model model = catalog.find(new ModelId(name));
        if (model == null) {
            throw new ProblemException(
                    new Problem.ModelNotFound(
                            name.length() > MAX_MODEL_CHARS
                                    ? name.substring(0, MAX_MODEL_CHARS) + "…"
                                    : name));
        }
        return model;
    }

    private static List<Message> messages(JsonFields fields, Sizes sizes, List<String> ignored) {
        JsonNode array = fields.get("messages");
        if (array == null) {
            throw fields.missing("messages", "an array of at least one message");
        }
        if (!array.isArray() || array.isEmpty() || array.size() > MAX_MESSAGES) {
            throw fields.refused("messages", array, "an array of 1.." + MAX_MESSAGES + " messages");
        }
        List<Message> messages = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            Message message =
                    MessageReader.read(array.get(i), "messages[" + i + "]", sizes, ignored);
            if (message.partial() && i < array.size() - 1) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "messages[" + i + "].partial",
                                "true",
                                "only on the last message, which the answer goes on from"));
            }
            messages.add(message);
        }
        return messages;
    }

    private static Sampling sampling(JsonFields fields) {
        Boolean logprobs = fields.flag("logprobs");
        Long top = fields.whole("top_logprobs", 0, MAX_TOP_LOGPROBS);
        if (top != null && !Boolean.TRUE.equals(logprobs)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "top_logprobs", top, "only together with logprobs: true"));
        }
        return sampling(
                fields, Boolean.TRUE.equals(logprobs) ? (top == null ? 0 : top.intValue()) : null);
    }

    static Sampling sampling(JsonFields fields, @Nullable Integer topLogprobs) {
        JsonNode bias = fields.objectOf("logit_bias");
        checkBias(fields, bias);
        return new Sampling(
                fields.number("temperature", 0, 2),
                fields.number("top_p", 0, 1),
                fields.number("presence_penalty", -2, 2),
                fields.number("frequency_penalty", -2, 2),
                fields.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE),
                bias == null || bias.isEmpty() ? null : new JsonText(bias.toString()),
                topLogprobs,
                stops(fields));
    }

    private static void checkBias(JsonFields fields, @Nullable JsonNode bias) {
        if (bias == null) {
            return;
        }
        for (Map.Entry<String, JsonNode> entry : bias.properties()) {
            double value = entry.getValue().doubleValue();
            if (!entry.getKey().matches("[0-9]{1,9}")
                    || !entry.getValue().isNumber()
                    || !(value >= -MAX_BIAS && value <= MAX_BIAS)) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                fields.name("logit_bias." + entry.getKey()),
                                JsonFields.shown(entry.getValue()),
                                "a token's number with a number -100..100"));
            }
        }
    }

    private static List<String> stops(JsonFields fields) {
        JsonNode stop = fields.get("stop");
        String expected =
                "a text or up to "
                        + MAX_STOPS
                        + " texts, each 1.."
                        + MAX_STOP_CHARS
                        + " characters";
        if (stop == null) {
            return List.of();
        }
        List<JsonNode> nodes = new ArrayList<>();
        if (stop.isArray()) {
            stop.forEach(nodes::add);
        } else {
            nodes.add(stop);
        }
        List<String> stops = new ArrayList<>(nodes.size());
        for (JsonNode node : nodes) {
            if (nodes.size() > MAX_STOPS
                    || !node.isTextual()
                    || node.textValue().isEmpty()
                    || node.textValue().length() > MAX_STOP_CHARS) {
                throw fields.refused("stop", stop, expected);
            }
            stops.add(node.textValue());
        }
        return stops;
    }

    /// Both names of the limit; the newer one wins, as OpenAI deprecated the other.
    private static @Nullable Long maxTokens(JsonFields fields, Model model) {
        long most = model.maxOutputTokens();
        Long older = fields.whole("max_tokens", 1, most);
        Long newer = fields.whole("max_completion_tokens", 1, most);
        return newer == null ? older : newer;
    }

    /// What the caller calls prompts that begin alike.
    public static @Nullable String cacheKey(JsonFields fields) {
        String expected = "a text of at most " + MAX_CACHE_KEY_CHARS + " characters";
        String key = fields.text("prompt_cache_key", expected);
        if (key != null && key.length() > MAX_CACHE_KEY_CHARS) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "prompt_cache_key", key.length() + " characters", expected));
        }
        return key == null || key.isEmpty() ? null : key;
    }

    /// The dialect's words and ours. Whether the model offers the tier is for its rules to say.
    /// Nobody holds a scale contract here, so that word means the default, and the answer says so.
    public static ServiceTier tier(JsonFields fields) {
        String expected = "auto, default, standard, flex, batch, priority or scale";
        String word = fields.text("service_tier", expected);
        return switch (word) {
            case null -> ServiceTier.STANDARD;
            case "auto", "default", "standard", "scale" -> ServiceTier.STANDARD;
            case "flex", "batch" -> ServiceTier.BATCH;
            case "priority" -> ServiceTier.PRIORITY;
            default ->
                    throw new ProblemException(
                            Problem.InvalidRequest.of(
                                    "service_tier",
                                    JsonFields.shown(TextNode.valueOf(word)),
                                    expected));
        };
    }

    static boolean includeUsage(JsonFields fields, List<String> ignored) {
        JsonNode options = fields.objectOf("stream_options");
        if (options == null) {
            return false;
        }
        UnknownFields.note(options, "stream_options.", Set.of("include_usage"), ignored);
        return Boolean.TRUE.equals(
                new JsonFields(options, "stream_options.").flag("include_usage"));
    }

    public static Map<String, JsonText> passthrough(
            JsonNode root, Model model, Set<String> known, List<String> ignored) {
        Map<String, JsonText> passthrough = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            String name = field.getKey();
            if (known.contains(name)) {
                continue;
            }
            if (model.passthrough().contains(name) && !ReservedFields.contains(name)) {
                passthrough.put(name, new JsonText(field.getValue().toString()));
            } else {
                ignored.add(name);
            }
        }
        return passthrough;
    }
}
