package mooring.simulator.answer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import mooring.simulator.script.Directive;
import mooring.simulator.text.Prompt;
import org.jspecify.annotations.Nullable;

/// A request for completion as the engine understood it.
///
/// `limitTokens` is what an engine would obey, `askedTokens` what OpenAI's fields asked for: an
/// engine's own alias (`n_predict`, `max_new_tokens`) outruns the latter. `fields` names what the
/// body carried at its top level.
public record CompletionRequest(
        boolean chat,
        String model,
        Prompt prompt,
        @Nullable Directive directive,
        boolean stream,
        int choices,
        @Nullable Integer askedTokens,
        int limitTokens,
        boolean ignoreEnd,
        List<String> stops,
        long seed,
        int topLogprobs,
        @Nullable String forcedTool,
        @Nullable JsonNode schema,
        boolean usageLast,
        boolean usageEvery,
        boolean timings,
        boolean cachePrompt,
        @Nullable String cacheSalt,
        @Nullable String user,
        @Nullable JsonNode metadata,
        List<String> fields) {

    /// Says that no log probabilities were asked for.
    public static final int NO_LOGPROBS = -1;

    public CompletionRequest {
        stops = List.copyOf(stops);
        fields = List.copyOf(fields);
    }
}
