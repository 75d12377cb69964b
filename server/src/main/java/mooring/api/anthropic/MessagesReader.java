package mooring.api.anthropic;

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
import mooring.catalog.Capability;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.engine.wire.ReservedFields;
import mooring.inference.JsonText;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes and checks the body of a Messages request.
///
/// Coding agents send much that only Anthropic's own service knows (`context_management`, betas,
/// server tools): it is left out and named in a header rather than refused.
final class MessagesReader {

    private static final int MAX_MESSAGES = 100_000;
    private static final int MAX_STOPS = 16;
    private static final int MAX_STOP_CHARS = 512;

    /// A thinking budget up to here counts as little effort, up to the second as a medium one.
    private static final long LOW_EFFORT_TOKENS = 4_096;

    private static final long MEDIUM_EFFORT_TOKENS = 16_384;

    /// Fields that are read, or that a client may send without effect on the answer.
    private static final Set<String> KNOWN =
            Set.of(
                    "model",
                    "messages",
                    "system",
                    "max_tokens",
                    "stream",
                    "stop_sequences",
                    "temperature",
                    "top_p",
                    "tools",
                    "tool_choice",
                    "thinking",
                    "output_config",
                    "metadata",
                    "service_tier",
                    "cache_control");

    private final Catalog catalog;

    MessagesReader(Catalog catalog) {
        this.catalog = catalog;
    }

    /// @param counting whether only the tokens are wanted, so that `max_tokens` may be missing
    /// @throws ProblemException naming the first field that is wrong
    MessagesRequest read(Buffer body, boolean counting) {
        JsonNode root = JsonBody.parse(body);
        JsonFields fields = new JsonFields(root, "");
        Model model = model(fields);
        CacheMarks.check(fields);
        Sizes sizes = new Sizes(model);
        List<String> ignored = new ArrayList<>();
        List<Message> messages = new ArrayList<>(system(fields, sizes, ignored));
        messages.addAll(messages(fields, sizes, ignored));
        ToolsReader.Tools tools = ToolsReader.read(fields, sizes, ignored);
        Long maxTokens = fields.whole("max_tokens", 1, model.maxOutputTokens());
        if (maxTokens == null && !counting) {
            throw fields.missing("max_tokens", "a whole number 1.." + model.maxOutputTokens());
        }
        Sampling sampling =
                new Sampling(
                        fields.number("temperature", 0, 1),
                        fields.number("top_p", 0, 1),
                        null,
                        null,
                        null,
                        null,
                        null,
                        stops(fields));
        noteUnknown(fields, ignored);
        Map<String, JsonText> passthrough = passthrough(root, model, ignored);
        Request request =
                new Request(
                        model.id(),
                        messages,
                        sampling,
                        maxTokens,
                        1,
                        tools.tools(),
                        tools.choice(),
                        tools.parallel(),
                        format(fields, sizes),
                        model.can(Capability.REASONING) ? effort(fields) : null,
                        tier(fields),
                        passthrough,
                        sizes.bytes());
        return new MessagesRequest(request, Boolean.TRUE.equals(fields.flag("stream")), ignored);
    }

    private static void noteUnknown(JsonFields fields, List<String> ignored) {
        JsonNode config = fields.objectOf("output_config");
        if (config != null) {
            UnknownFields.note(config, "output_config.", Set.of("format", "effort"), ignored);
            UnknownFields.note(
                    config.path("format"),
                    "output_config.format.",
                    Set.of("type", "schema"),
                    ignored);
        }
        JsonNode thinking = fields.objectOf("thinking");
        if (thinking != null) {
            UnknownFields.note(thinking, "thinking.", Set.of("type", "budget_tokens"), ignored);
        }
    }

    private Model model(JsonFields fields) {
        String name = fields.requiredText("model", "the id of a model of GET /v1/models");
        Model model = catalog.find(new ModelId(name));
        if (model == null) {
            throw new ProblemException(new Problem.ModelNotFound(name));
        }
        return model;
    }

    private static List<Message> system(JsonFields fields, Sizes sizes, List<String> ignored) {
        JsonNode system = fields.get("system");
        if (system == null) {
            return List.of();
        }
        String text = Blocks.text(system, "system", sizes, ignored);
        return text.isEmpty() ? List.of() : List.of(Message.of(Role.SYSTEM, text));
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
            messages.addAll(Blocks.turn(array.get(i), "messages[" + i + "]", sizes, ignored));
        }
        if (messages.isEmpty()) {
            throw fields.refused("messages", array, "at least one message with content");
        }
        Message last = messages.getLast();
        if (last.role() == Role.ASSISTANT && last.toolCalls().isEmpty()) {
            // In this dialect a conversation that ends with the assistant is to be gone on from.
            messages.set(messages.size() - 1, last.asPartial());
        }
        return messages;
    }

    /// Anthropic's words and ours. Nobody holds a priority contract here, so both of Anthropic's
    /// words mean the standard tier.
    private static ServiceTier tier(JsonFields fields) {
        String expected = "auto, standard_only, standard, batch or priority";
        String word = fields.text("service_tier", expected);
        return switch (word) {
            case null -> ServiceTier.STANDARD;
            case "auto", "standard_only", "standard" -> ServiceTier.STANDARD;
            case "batch" -> ServiceTier.BATCH;
            case "priority" -> ServiceTier.PRIORITY;
            default ->
                    throw new ProblemException(
                            Problem.InvalidRequest.of(
                                    "service_tier",
                                    JsonFields.shown(TextNode.valueOf(word)),
                                    expected));
        };
    }

    private static List<String> stops(JsonFields fields) {
        JsonNode array = fields.array("stop_sequences", MAX_STOPS);
        if (array == null) {
            return List.of();
        }
        List<String> stops = new ArrayList<>(array.size());
        for (JsonNode stop : array) {
            if (!stop.isTextual()
                    || stop.textValue().isEmpty()
                    || stop.textValue().length() > MAX_STOP_CHARS) {
                throw fields.refused(
                        "stop_sequences", stop, "texts of 1.." + MAX_STOP_CHARS + " characters");
            }
            stops.add(stop.textValue());
        }
        return stops;
    }

    private static ResponseFormat format(JsonFields fields, Sizes sizes) {
        JsonNode config = fields.objectOf("output_config");
        JsonNode format =
                config == null ? null : new JsonFields(config, "output_config.").objectOf("format");
        if (format == null) {
            return new ResponseFormat.Text();
        }
        JsonFields read = new JsonFields(format, "output_config.format.");
        String type = read.requiredText("type", "\"json_schema\"");
        JsonNode schema = read.objectOf("schema");
        if (!type.equals("json_schema") || schema == null) {
            throw new ProblemException(
                    Problem.InvalidRequest.of(
                            "output_config.format", type, "json_schema with a schema"));
        }
        return new ResponseFormat.JsonSchema(
                "output", null, new JsonText(sizes.add(schema.toString())), true);
    }

    /// How hard to think, as OpenAI's word for it; null leaves it to the model.
    private static @Nullable String effort(JsonFields fields) {
        JsonNode config = fields.objectOf("output_config");
        if (config != null && config.path("effort").isTextual()) {
            return config.path("effort").textValue();
        }
        JsonNode thinking = fields.objectOf("thinking");
        if (thinking == null) {
            return null;
        }
        JsonFields read = new JsonFields(thinking, "thinking.");
        String type = read.requiredText("type", "\"enabled\", \"adaptive\" or \"disabled\"");
        return switch (type) {
            case "disabled" -> "none";
            case "adaptive" -> null;
            case "enabled" -> {
                Long budget = read.whole("budget_tokens", 1, Integer.MAX_VALUE);
                if (budget == null) {
                    throw read.missing("budget_tokens", "a whole number of tokens");
                }
                yield budget <= LOW_EFFORT_TOKENS
                        ? "low"
                        : budget <= MEDIUM_EFFORT_TOKENS ? "medium" : "high";
            }
            default ->
                    throw new ProblemException(
                            Problem.InvalidRequest.of(
                                    "thinking.type",
                                    "\"" + type + "\"",
                                    "\"enabled\", \"adaptive\" or \"disabled\""));
        };
    }

    private static Map<String, JsonText> passthrough(
            JsonNode root, Model model, List<String> ignored) {
        Map<String, JsonText> passthrough = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            String name = field.getKey();
            if (KNOWN.contains(name)) {
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
