package mooring.simulator.wire;

import mooring.simulator.answer.Piece;

/// What one request has cost so far. One thread only.
public final class Tally {

    private final long[] generatedByChoice;
    private int promptTokens;
    private int cachedTokens;
    private long generatedTokens;
    private long reasoningTokens;
    private final long startNanos = System.nanoTime();
    private long firstTokenNanos;

    public Tally(int choices) {
        this.generatedByChoice = new long[choices];
    }

    /// Says how large the prompt is and how much of it was found computed.
    public void prompt(int tokens, int cached) {
        promptTokens = tokens;
        cachedTokens = cached;
    }

    /// Counts a token.
    public void generated(int choice, Piece.Kind kind) {
        if (generatedTokens == 0) {
            firstTokenNanos = System.nanoTime();
        }
        generatedTokens++;
        generatedByChoice[choice]++;
        if (kind == Piece.Kind.REASONING) {
            reasoningTokens++;
        }
    }

    /// Tokens of the prompt, cached ones included.
    public int promptTokens() {
        return promptTokens;
    }

    /// Of the prompt's tokens, those not computed anew.
    public int cachedTokens() {
        return cachedTokens;
    }

    /// Tokens made for all choices.
    public long generatedTokens() {
        return generatedTokens;
    }

    /// Tokens made for one choice.
    public long generatedTokens(int choice) {
        return generatedByChoice[choice];
    }

    /// Of the generated tokens, those of reasoning.
    public long reasoningTokens() {
        return reasoningTokens;
    }

    /// How long the prompt took, its waiting included.
    public double promptMillis() {
        long until = generatedTokens == 0 ? System.nanoTime() : firstTokenNanos;
        return (until - startNanos) / 1e6;
    }

    /// How long the tokens took since the first.
    public double generationMillis() {
        return generatedTokens == 0 ? 0 : (System.nanoTime() - firstTokenNanos) / 1e6;
    }
}
