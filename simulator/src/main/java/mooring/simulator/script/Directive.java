package mooring.simulator.script;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one answer shall be like, as a test ordered it; what is left open is null or zero.
///
/// `firstTokenAfterMillis` and `tokensPerSecond` take a request out of the common batch and give it
/// its own pace. `chunkChars` and `splitBytes` of 0 mean one token per chunk, one write each.
/// `label` is only noted in the log.
public record Directive(
        @Nullable String label,
        @Nullable Integer outputTokens,
        @Nullable String text,
        @Nullable Integer promptTokens,
        @Nullable Integer cachedTokens,
        @Nullable Double tokensPerSecond,
        @Nullable Long firstTokenAfterMillis,
        int reasoningTokens,
        @Nullable String finishReason,
        List<ToolCall> toolCalls,
        int splitBytes,
        int chunkChars,
        boolean escapeNonAscii,
        boolean splitSurrogates,
        @Nullable UsagePlace usage,
        List<Fault> faults) {

    /// No orders: the engine does as its options say.
    public static final Directive NONE =
            new Directive(
                    null, null, null, null, null, null, null, 0, null, List.of(), 0, 0, false,
                    false, null, List.of());

    private static final String OPENING = "[[simulate ";
    private static final String CLOSING = "]]";
    private static final ObjectMapper JSON =
            new ObjectMapper().disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    public Directive {
        toolCalls = List.copyOf(toolCalls);
        faults = List.copyOf(faults);
    }

    /// Reads a directive from its JSON text.
    public static Directive parse(String json) {
        try {
            return of(JSON.readTree(json));
        } catch (JsonProcessingException e) {
            throw new BadDirectiveException("directive: not JSON: " + e.getOriginalMessage());
        }
    }

    /// Reads a directive from a JSON object.
    public static Directive of(JsonNode json) {
        return new DirectiveReader().read(json);
    }

    /// The directive between `[[simulate ` and `]]` in a message, or null where there is none.
    public static @Nullable Directive in(String message) {
        int opening = message.indexOf(OPENING);
        if (opening < 0) {
            return null;
        }
        String rest = message.substring(opening + OPENING.length());
        try (JsonParser parser = JSON.createParser(rest)) {
            JsonNode json = JSON.readTree(parser);
            JsonLocation end = parser.currentLocation();
            if (!rest.startsWith(CLOSING, (int) end.getCharOffset())) {
                throw new BadDirectiveException("directive: not closed (expected: ]])");
            }
            return of(json);
        } catch (JsonProcessingException e) {
            throw new BadDirectiveException("directive: not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new BadDirectiveException("directive: unreadable: " + e.getMessage());
        }
    }
}
