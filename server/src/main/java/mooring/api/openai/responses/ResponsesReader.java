package mooring.api.openai.responses;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.api.JsonFields;
import mooring.api.Sizes;
import mooring.api.openai.ChatJson;
import mooring.api.openai.ChatRequestReader;
import mooring.catalog.Capability;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.inference.JsonText;
import mooring.inference.Request;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.json.Json;
import mooring.json.UnknownFields;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Decodes and checks the body of `POST /v1/responses`.
final class ResponsesReader {

    private static final int MAX_ITEMS = 100_000;
    private static final int MAX_TOP_LOGPROBS = 20;
    private static final int MAX_METADATA = 16;
    private static final int MAX_METADATA_CHARS = 512;
    private static final String LOGPROBS = "message.output_text.logprobs";

    /// Fields that are read, or that a client may send without effect on the answer.
    private static final Set<String> KNOWN =
            Set.of(
                    "model",
                    "input",
                    "instructions",
                    "previous_response_id",
                    "store",
                    "stream",
                    "stream_options",
                    "background",
                    "conversation",
                    "prompt",
                    "include",
                    "max_output_tokens",
                    "temperature",
                    "top_p",
                    "top_logprobs",
                    "tools",
                    "tool_choice",
                    "parallel_tool_calls",
                    "text",
                    "reasoning",
                    "truncation",
                    "service_tier",
                    "metadata",
                    "client_metadata",
                    "user",
                    "safety_identifier",
                    "prompt_cache_key",
                    "prompt_cache_retention");

    private final Catalog catalog;

    ResponsesReader(Catalog catalog) {
        this.catalog = catalog;
    }

    /// @param history the items of the response that this one follows; null when it follows none
    /// @throws ProblemException naming the first field that is wrong
    CreateResponse read(JsonNode root, @Nullable ArrayNode history) {
        JsonFields fields = new JsonFields(root, "");
        Model model = ChatRequestReader.model(catalog, fields);
        refuseUnserved(fields);
        Sizes sizes = new Sizes(model);
        List<String> ignored = new ArrayList<>();
        ItemsReader items = new ItemsReader(sizes, ignored);
        String instructions = fields.text("instructions", "a text");
        if (instructions != null && !instructions.isEmpty()) {
            items.say(Role.SYSTEM, instructions);
        }
        if (history != null) {
            items.read(history, "previous_response_id");
        }
        ArrayNode own = input(fields);
        items.readSaid(own, "input");
        ToolsReader.Tools tools = ToolsReader.tools(fields, sizes, ignored);
        Boolean parallel = fields.flag("parallel_tool_calls");
        Sampling sampling = sampling(fields, ignored);
        Long maxTokens = fields.whole("max_output_tokens", 1, model.maxOutputTokens());
        boolean store = Boolean.TRUE.equals(fields.flag("store"));
        Map<String, JsonText> passthrough =
                ChatRequestReader.passthrough(root, model, KNOWN, ignored);
        Request request =
                new Request(
                                model.id(),
                                items.messages(),
                                sampling,
                                maxTokens,
                                1,
                                tools.tools(),
                                ToolsReader.choice(fields, tools.tools()),
                                parallel == null || parallel,
                                ToolsReader.format(fields, sizes, ignored),
                                effort(fields, model, ignored),
                                ChatRequestReader.tier(fields),
                                passthrough,
                                sizes.bytes())
                        .withCacheKey(ChatRequestReader.cacheKey(fields));
        ArrayNode all = Json.MAPPER.createArrayNode();
        if (history != null) {
            all.addAll(history);
        }
        all.addAll(own);
        return new CreateResponse(
                request,
                Boolean.TRUE.equals(fields.flag("stream")),
                store,
                frame(root, request, tools.kept(), store),
                all,
                ignored);
    }

    private static void refuseUnserved(JsonFields fields) {
        if (Boolean.TRUE.equals(fields.flag("background"))) {
            throw refused(
                    "background",
                    "true",
                    "false: answers come on the connection they are asked on");
        }
        String truncation = fields.text("truncation", "\"disabled\"");
        if (truncation != null && !truncation.equals("disabled")) {
            throw refused(
                    "truncation",
                    "\"" + truncation + "\"",
                    "\"disabled\": nothing is cut silently");
        }
        for (String field : List.of("conversation", "prompt")) {
            JsonNode value = fields.get(field);
            if (value != null) {
                throw refused(field, JsonFields.shown(value), "none; send the items as input");
            }
        }
        JsonNode metadata = fields.objectOf("metadata");
        if (metadata != null) {
            boolean small = metadata.size() <= MAX_METADATA;
            for (JsonNode value : metadata) {
                small &= value.isTextual() && value.textValue().length() <= MAX_METADATA_CHARS;
            }
            if (!small) {
                throw fields.refused(
                        "metadata",
                        metadata,
                        "at most "
                                + MAX_METADATA
                                + " texts of at most "
                                + MAX_METADATA_CHARS
                                + " characters");
            }
        }
    }

    /// The input as items, a bare text as the user's message.
    private static ArrayNode input(JsonFields fields) {
        JsonNode input = fields.get("input");
        String expected = "a text or an array of 1.." + MAX_ITEMS + " items";
        if (input == null) {
            throw fields.missing("input", expected);
        }
        ArrayNode items = Json.MAPPER.createArrayNode();
        if (input.isTextual()) {
            ObjectNode message = items.addObject().put("type", "message").put("role", "user");
            message.putArray("content").addObject().put("type", "input_text").set("text", input);
            return items;
        }
        if (!input.isArray() || input.isEmpty() || input.size() > MAX_ITEMS) {
            throw fields.refused("input", input, expected);
        }
        return (ArrayNode) input;
    }

    private static Sampling sampling(JsonFields fields, List<String> ignored) {
        boolean logprobs = false;
        JsonNode include = fields.array("include", MAX_TOP_LOGPROBS);
        for (int i = 0; include != null && i < include.size(); i++) {
            String name = include.get(i).asText();
            if (name.equals(LOGPROBS)) {
                logprobs = true;
            } else {
                ignored.add("include (" + name + ")");
            }
        }
        Long top = fields.whole("top_logprobs", 0, MAX_TOP_LOGPROBS);
        if (top != null && top > 0 && !logprobs) {
            throw refused(
                    "top_logprobs", top.toString(), "only with \"" + LOGPROBS + "\" in include");
        }
        return new Sampling(
                fields.number("temperature", 0, 2),
                fields.number("top_p", 0, 1),
                null,
                null,
                null,
                null,
                logprobs ? (top == null ? 0 : top.intValue()) : null,
                List.of());
    }

    /// Agents send an effort to every model; one that does not reason is none the worse for it.
    private static @Nullable String effort(JsonFields fields, Model model, List<String> ignored) {
        JsonNode reasoning = fields.objectOf("reasoning");
        if (reasoning == null) {
            return null;
        }
        UnknownFields.note(reasoning, "reasoning.", Set.of("effort"), ignored);
        String effort =
                new JsonFields(reasoning, "reasoning.").text("effort", "a word such as \"low\"");
        if (effort != null && !model.can(Capability.REASONING)) {
            ignored.add("reasoning.effort");
            return null;
        }
        return effort;
    }

    private static ObjectNode frame(
            JsonNode root, Request request, ArrayNode tools, boolean store) {
        ObjectNode frame = Json.MAPPER.createObjectNode();
        frame.put("background", false);
        copy(root, frame, "instructions");
        copy(root, frame, "max_output_tokens");
        frame.set(
                "metadata",
                root.path("metadata").isObject()
                        ? root.path("metadata")
                        : Json.MAPPER.createObjectNode());
        frame.put("model", request.model().text());
        frame.put("parallel_tool_calls", request.parallelToolCalls());
        copy(root, frame, "previous_response_id");
        if (request.cacheKey() != null) {
            frame.put("prompt_cache_key", request.cacheKey());
        }
        ObjectNode reasoning = frame.putObject("reasoning");
        reasoning.put("effort", request.reasoningEffort());
        reasoning.putNull("summary");
        frame.put("service_tier", ChatJson.serviceTier(request.tier()));
        frame.put("store", store);
        number(frame, "temperature", request.sampling().temperature());
        frame.set("text", text(root));
        frame.set(
                "tool_choice",
                root.hasNonNull("tool_choice")
                        ? root.get("tool_choice")
                        : Json.MAPPER.getNodeFactory().textNode("auto"));
        frame.set("tools", tools);
        number(frame, "top_p", request.sampling().topP());
        frame.put("truncation", "disabled");
        copy(root, frame, "user");
        return frame;
    }

    private static ObjectNode text(JsonNode root) {
        ObjectNode text = Json.MAPPER.createObjectNode();
        if (root.path("text").path("format").isObject()) {
            text.set("format", root.path("text").path("format"));
        } else {
            text.putObject("format").put("type", "text");
        }
        return text;
    }

    /// OpenAI names its default where none was sent.
    private static void number(ObjectNode frame, String field, @Nullable Double value) {
        frame.put(field, value == null ? Double.valueOf(1.0) : value);
    }

    private static void copy(JsonNode root, ObjectNode frame, String field) {
        JsonNode value = root.get(field);
        frame.set(field, value);
    }

    private static ProblemException refused(String field, String value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(field, value, expected));
    }
}
