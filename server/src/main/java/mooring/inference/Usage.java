package mooring.inference;

/// The tokens of one request by price class, in disjoint counts.
///
/// @param inputUncached prompt tokens that the engine had to compute
/// @param cacheRead prompt tokens that it found cached
/// @param cacheWrite5m prompt tokens written to a cache kept for five minutes
/// @param cacheWrite1h prompt tokens written to a cache kept for an hour
/// @param output tokens generated, over all choices
/// @param reasoning how many of the output tokens were reasoning
public record Usage(
        long inputUncached,
        long cacheRead,
        long cacheWrite5m,
        long cacheWrite1h,
        long output,
        long reasoning) {

    public static final Usage NONE = new Usage(0, 0, 0, 0, 0, 0);

    public Usage {
        if (inputUncached < 0
                || cacheRead < 0
                || cacheWrite5m < 0
                || cacheWrite1h < 0
                || output < 0
                || reasoning < 0) {
            throw new IllegalArgumentException("token counts below zero");
        }
        if (reasoning > output) {
            throw new IllegalArgumentException(
                    "reasoning tokens: "
                            + reasoning
                            + " (expected: at most output "
                            + output
                            + ")");
        }
    }

    /// Prompt and cached tokens as engines report them: `prompt` includes `cached`.
    public static Usage ofPrompt(long prompt, long cached, long output, long reasoning) {
        return new Usage(prompt - cached, cached, 0, 0, output, reasoning);
    }

    /// All prompt tokens, however they were come by.
    public long prompt() {
        return inputUncached + cacheRead + cacheWrite5m + cacheWrite1h;
    }

    public long total() {
        return prompt() + output;
    }

    public Usage withOutput(long tokens, long ofWhichReasoning) {
        return new Usage(
                inputUncached, cacheRead, cacheWrite5m, cacheWrite1h, tokens, ofWhichReasoning);
    }
}
