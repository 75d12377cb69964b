package mooring.simulator.script;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Turns a directive's JSON into a [Directive], refusing keys and values it does not know.
final class DirectiveReader {

    private static final int MAX_TOKENS = 100_000_000;

    private @Nullable String label;
    private @Nullable Integer outputTokens;
    private @Nullable String text;
    private @Nullable Integer promptTokens;
    private @Nullable Integer cachedTokens;
    private @Nullable Double tokensPerSecond;
    private @Nullable Long firstTokenAfterMillis;
    private int reasoningTokens;
    private @Nullable String finishReason;
    private final List<ToolCall> toolCalls = new ArrayList<>();
    private int splitBytes;
    private int chunkChars;
    private boolean escapeNonAscii;
    private boolean splitSurrogates;
    private @Nullable UsagePlace usage;
    private final List<Fault> faults = new ArrayList<>();

    Directive read(JsonNode json) {
        if (!json.isObject()) {
            throw expected("directive", json, "an object");
        }
        for (Map.Entry<String, JsonNode> field : json.properties()) {
            read(field.getKey(), field.getValue());
        }
        return new Directive(
                label,
                outputTokens,
                text,
                promptTokens,
                cachedTokens,
                tokensPerSecond,
                firstTokenAfterMillis,
                reasoningTokens,
                finishReason,
                toolCalls,
                splitBytes,
                chunkChars,
                escapeNonAscii,
                splitSurrogates,
                usage,
                faults);
    }

    private void read(String key, JsonNode value) {
        switch (key) {
            case "label" -> label = string(key, value);
            case "output_tokens" -> outputTokens = tokens(key, value);
            case "text" -> text = string(key, value);
            case "prompt_tokens" -> promptTokens = tokens(key, value);
            case "cached_tokens" -> cachedTokens = tokens(key, value);
            case "tokens_per_second" -> tokensPerSecond = rate(key, value);
            case "first_token_after_ms" ->
                    firstTokenAfterMillis = (long) integer(key, value, 3_600_000);
            case "reasoning_tokens" -> reasoningTokens = tokens(key, value);
            case "finish_reason" -> finishReason = string(key, value);
            case "tool_calls" -> value.forEach(call -> toolCalls.add(toolCall(call)));
            case "split_bytes" -> splitBytes = integer(key, value, 1_000_000);
            case "chunk_chars" -> chunkChars = integer(key, value, 1_000_000);
            case "escape_non_ascii" -> escapeNonAscii = truth(key, value);
            case "split_surrogates" -> splitSurrogates = truth(key, value);
            case "usage" -> usage = place(key, value);
            default -> readFault(key, value);
        }
    }

    private void readFault(String key, JsonNode value) {
        switch (key) {
            case "http_error" -> faults.add(httpError(key, value));
            case "cut_after_tokens" -> faults.add(new Fault.CutAfterTokens(tokens(key, value)));
            case "reset_after_tokens" -> faults.add(new Fault.ResetAfterTokens(tokens(key, value)));
            case "half_open_after_tokens" -> faults.add(new Fault.HalfOpen(tokens(key, value)));
            case "context_error" -> addWhen(key, value, new Fault.ContextError());
            case "content_filter_after_tokens" ->
                    faults.add(new Fault.ContentFilter(tokens(key, value)));
            case "flapping" -> faults.add(flapping(key, value));
            case "stall_after_tokens" -> faults.add(new Fault.StallAfterTokens(tokens(key, value)));
            case "malformed_chunk" -> addMalformed(key, value);
            case "silence" -> addWhen(key, value, new Fault.Silence());
            case "no_done" -> addWhen(key, value, new Fault.NoDone());
            case "no_finish_reason" -> addWhen(key, value, new Fault.NoFinishReason());
            default -> throw new BadDirectiveException("directive: unknown key \"" + key + "\"");
        }
    }

    /// A number says after how many tokens, `true` says after the first.
    private void addMalformed(String key, JsonNode value) {
        if (value.isInt()) {
            faults.add(new Fault.MalformedChunk(tokens(key, value)));
        } else if (truth(key, value)) {
            faults.add(new Fault.MalformedChunk(1));
        }
    }

    private void addWhen(String key, JsonNode value, Fault fault) {
        if (truth(key, value)) {
            faults.add(fault);
        }
    }

    private static Fault httpError(String key, JsonNode value) {
        JsonNode status = value.isObject() ? value.path("status") : value;
        int code = integer(key, status, 599);
        if (code < 400) {
            throw expected(key, status, "400..599");
        }
        JsonNode retryAfter = value.path("retry_after");
        return new Fault.HttpError(
                code, retryAfter.isMissingNode() ? 0 : integer("retry_after", retryAfter, 86_400));
    }

    private static Fault flapping(String key, JsonNode value) {
        if (!value.isObject()) {
            throw expected(key, value, "{\"up\": …, \"down\": …}");
        }
        int up = integer("flapping.up", value.path("up"), MAX_TOKENS);
        int down = integer("flapping.down", value.path("down"), MAX_TOKENS);
        if (up + down == 0) {
            throw expected(key, value, "up or down above 0");
        }
        return new Fault.Flapping(up, down);
    }

    private static ToolCall toolCall(JsonNode call) {
        JsonNode arguments = call.path("arguments");
        String json = arguments.isTextual() ? arguments.textValue() : arguments.toString();
        return new ToolCall(
                string("tool_calls.name", call.path("name")),
                arguments.isMissingNode() ? "{}" : json);
    }

    private static UsagePlace place(String key, JsonNode value) {
        for (UsagePlace place : UsagePlace.values()) {
            if (place.name().toLowerCase(Locale.ROOT).equals(value.asText())) {
                return place;
            }
        }
        throw expected(key, value, "last, every, none, in_choice or with_finish");
    }

    private static int tokens(String key, JsonNode value) {
        return integer(key, value, MAX_TOKENS);
    }

    private static int integer(String key, JsonNode value, int most) {
        if (!value.isInt() || value.intValue() < 0 || value.intValue() > most) {
            throw expected(key, value, "an integer 0.." + most);
        }
        return value.intValue();
    }

    private static double rate(String key, JsonNode value) {
        if (!value.isNumber() || value.doubleValue() <= 0) {
            throw expected(key, value, "a number above 0");
        }
        return value.doubleValue();
    }

    private static String string(String key, JsonNode value) {
        if (!value.isTextual()) {
            throw expected(key, value, "a string");
        }
        return value.textValue();
    }

    private static boolean truth(String key, JsonNode value) {
        if (!value.isBoolean()) {
            throw expected(key, value, "true or false");
        }
        return value.booleanValue();
    }

    private static BadDirectiveException expected(String key, JsonNode value, String what) {
        return new BadDirectiveException(
                "directive: " + key + ": " + value + " (expected: " + what + ")");
    }
}
