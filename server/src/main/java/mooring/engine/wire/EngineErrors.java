package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import mooring.engine.EngineFailure;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// What an engine's error body says, in whichever of the known shapes.
final class EngineErrors {

    private static final int MAX_MESSAGE_CHARS = 1_000;

    private EngineErrors() {}

    /// The `message` of `{"error": {…}}` or `{"message": …}`, else the text itself, shortened.
    static String message(String body) {
        String message = body;
        try {
            JsonNode root = Json.MAPPER.readTree(body);
            JsonNode error = root.path("error");
            if (error.path("message").isTextual()) {
                message = error.path("message").asText();
            } else if (root.path("message").isTextual()) {
                message = root.path("message").asText();
            }
        } catch (JsonProcessingException _) {
            // Not JSON: the text will do.
        }
        return shortened(message);
    }

    /// What an `error` inside a stream means: engines that committed to 200 before they looked at
    /// the request name the status in `code`.
    static EngineFailure inStream(String error) {
        try {
            JsonNode node = Json.MAPPER.readTree(error);
            JsonNode code = node.path("code");
            if (code.isInt() && node.path("message").isTextual()) {
                return EngineHttp.classify(
                        code.intValue(), shortened(node.path("message").asText()), null);
            }
        } catch (JsonProcessingException _) {
            // It was JSON a moment ago; as a text it will do.
        }
        return new EngineFailure.Broken("the engine reported: " + shortened(error));
    }

    /// A `Retry-After` in seconds; a date or nonsense counts as none.
    static @Nullable Duration seconds(@Nullable String retryAfter) {
        if (retryAfter == null) {
            return null;
        }
        try {
            return Duration.ofSeconds(Math.clamp(Long.parseLong(retryAfter.strip()), 0, 3_600));
        } catch (NumberFormatException _) {
            return null;
        }
    }

    private static String shortened(String message) {
        return message.length() > MAX_MESSAGE_CHARS
                ? message.substring(0, MAX_MESSAGE_CHARS) + "…"
                : message;
    }
}
