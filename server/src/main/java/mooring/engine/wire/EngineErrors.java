package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
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
        return message.length() > MAX_MESSAGE_CHARS
                ? message.substring(0, MAX_MESSAGE_CHARS) + "…"
                : message;
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
}
