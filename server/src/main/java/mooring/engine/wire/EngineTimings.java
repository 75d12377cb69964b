package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/// llama.cpp's running count in a chunk: prompt tokens to compute, prompt tokens found cached,
/// tokens generated so far. While the prompt is still computed nothing is generated.
public record EngineTimings(long promptComputed, long promptCached, long generated) {

    static EngineTimings read(JsonParser parser) throws IOException {
        long computed = 0;
        long cached = 0;
        long generated = 0;
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "prompt_n" -> computed = parser.getLongValue();
                    case "cache_n" -> cached = parser.getLongValue();
                    case "predicted_n" -> generated = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        }
        return new EngineTimings(computed, cached, generated);
    }

    /// Reads `prompt_progress`, which knows the whole prompt while `timings` counts only what of it
    /// is done.
    static EngineTimings readProgress(JsonParser parser) throws IOException {
        long total = 0;
        long cached = 0;
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "total" -> total = parser.getLongValue();
                    case "cache" -> cached = parser.getLongValue();
                    default -> parser.skipChildren();
                }
            }
        }
        return new EngineTimings(Math.max(0, total - cached), cached, 0);
    }
}
