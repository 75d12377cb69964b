package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;

/// What the simulated engine wrote down about one request.
record Generated(
        String label,
        int status,
        Tokens tokens,
        long written,
        String finishReason,
        Instant startedAt,
        Instant endedAt) {

    static Generated of(JsonNode row) {
        long cached = row.path("cached_tokens").asLong();
        return new Generated(
                row.path("label").asText(),
                row.path("status").asInt(),
                new Tokens(
                        row.path("prompt_tokens").asLong() - cached,
                        cached,
                        row.path("generated_tokens").asLong(),
                        row.path("reasoning_tokens").asLong()),
                row.path("written_tokens").asLong(),
                row.path("finish_reason").asText(),
                Instant.parse(row.path("started_at").asText()),
                Instant.parse(row.path("ended_at").asText()));
    }
}
