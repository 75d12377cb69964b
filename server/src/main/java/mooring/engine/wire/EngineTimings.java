package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/// llama.cpp's running count in a chunk's `timings`: prompt tokens computed, prompt tokens found
/// cached, tokens generated so far.
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
}
