package mooring.bench;

import com.fasterxml.jackson.databind.JsonNode;

/// One request's tokens by class, whoever counted them. Reasoning is part of output.
record Tokens(long input, long cached, long output, long reasoning) {

    /// From a `usage` object of an answer; `input` without the cached ones.
    static Tokens reported(JsonNode usage) {
        long cached = usage.path("prompt_tokens_details").path("cached_tokens").asLong();
        return new Tokens(
                usage.path("prompt_tokens").asLong() - cached,
                cached,
                usage.path("completion_tokens").asLong(),
                usage.path("completion_tokens_details").path("reasoning_tokens").asLong());
    }
}
