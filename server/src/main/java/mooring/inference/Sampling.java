package mooring.inference;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// How the next token is drawn; null leaves it to the engine.
///
/// @param topLogprobs null when no log-probabilities were asked for, else how many alternatives
public record Sampling(
        @Nullable Double temperature,
        @Nullable Double topP,
        @Nullable Double presencePenalty,
        @Nullable Double frequencyPenalty,
        @Nullable Long seed,
        @Nullable JsonText logitBias,
        @Nullable Integer topLogprobs,
        List<String> stop) {

    public static final Sampling DEFAULT =
            new Sampling(null, null, null, null, null, null, null, List.of());

    public Sampling {
        stop = List.copyOf(stop);
    }
}
