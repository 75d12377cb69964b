package mooring.rating;

/// Between which numbers of tokens a prompt lies, before the engine has counted it.
public record PromptBound(long atLeast, long atMost) {

    public PromptBound {
        if (atLeast < 0 || atMost < atLeast) {
            throw new IllegalArgumentException(
                    "prompt: " + atLeast + ".." + atMost + " tokens (expected: 0 or more, rising)");
        }
    }

    public static PromptBound exactly(long tokens) {
        return new PromptBound(tokens, tokens);
    }

    public static PromptBound upTo(long tokens) {
        return new PromptBound(0, tokens);
    }
}
