package mooring.simulator.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/// The usage and timings objects of a response.
final class Counts {

    private Counts() {}

    /// The full account of a request.
    static void writeUsage(JsonGenerator json, Tally tally) throws IOException {
        json.writeObjectFieldStart("usage");
        writeTotals(json, tally.promptTokens(), tally.generatedTokens());
        json.writeObjectFieldStart("prompt_tokens_details");
        json.writeNumberField("cached_tokens", tally.cachedTokens());
        json.writeEndObject();
        if (tally.reasoningTokens() > 0) {
            json.writeObjectFieldStart("completion_tokens_details");
            json.writeNumberField("reasoning_tokens", tally.reasoningTokens());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /// The running count in a chunk. As in vLLM it is the chunk's choice alone that is counted, and
    /// the cached part is not told.
    static void writeRunningUsage(JsonGenerator json, Tally tally, int choice) throws IOException {
        json.writeObjectFieldStart("usage");
        writeTotals(json, tally.promptTokens(), tally.generatedTokens(choice));
        json.writeEndObject();
    }

    private static void writeTotals(JsonGenerator json, long prompt, long completion)
            throws IOException {
        json.writeNumberField("prompt_tokens", prompt);
        json.writeNumberField("total_tokens", prompt + completion);
        json.writeNumberField("completion_tokens", completion);
    }

    /// llama.cpp's account, where `prompt_n` leaves out the cached tokens.
    static void writeTimings(JsonGenerator json, Tally tally) throws IOException {
        json.writeObjectFieldStart("timings");
        json.writeNumberField("cache_n", tally.cachedTokens());
        json.writeNumberField("prompt_n", tally.promptTokens() - tally.cachedTokens());
        json.writeNumberField("prompt_ms", tally.promptMillis());
        json.writeNumberField("predicted_n", tally.generatedTokens());
        json.writeNumberField("predicted_ms", tally.generationMillis());
        json.writeEndObject();
    }
}
