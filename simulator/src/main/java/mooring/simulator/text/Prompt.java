package mooring.simulator.text;

import java.util.Arrays;

/// A prompt as the engine keeps it: how many tokens, and one chained hash per full block of them.
///
/// Two prompts share a leading block exactly when they share the whole text up to its end and their
/// scope (model and cache salt).
public final class Prompt {

    /// Tokens in one block of the prefix cache.
    public static final int BLOCK_TOKENS = 16;

    private static final long PRIME = 0x100000001b3L;

    private final int tokens;
    private final long[] blocks;
    private final long hash;

    private Prompt(int tokens, long[] blocks, long hash) {
        this.tokens = tokens;
        this.blocks = blocks;
        this.hash = hash;
    }

    /// Reads the rendered text once: a prompt of a million tokens takes some tens of milliseconds.
    public static Prompt of(String text, String scope) {
        long hash = chain(0xcbf29ce484222325L, scope, 0, scope.length());
        long[] blocks = new long[16];
        int tokens = 0;
        for (int at = 0; at < text.length(); ) {
            int end = Tokenizer.end(text, at);
            hash = chain(hash, text, at, end);
            at = end;
            tokens++;
            if (tokens % BLOCK_TOKENS == 0) {
                int block = tokens / BLOCK_TOKENS - 1;
                if (block == blocks.length) {
                    blocks = Arrays.copyOf(blocks, blocks.length * 2);
                }
                blocks[block] = mix(hash);
            }
        }
        return new Prompt(
                tokens,
                Arrays.copyOf(blocks, tokens / BLOCK_TOKENS),
                mix(chain(0, text, 0, text.length())));
    }

    /// How many tokens the prompt has.
    public int tokens() {
        return tokens;
    }

    /// How many full blocks it has.
    public int blockCount() {
        return blocks.length;
    }

    /// What tells the block at that place, and all before it, from others.
    public long block(int place) {
        return blocks[place];
    }

    /// What tells the whole text from others, whatever its scope.
    public long hash() {
        return hash;
    }

    /// Spreads a number over all 64 bits (the finalizer of SplitMix64).
    public static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    private static long chain(long hash, String text, int from, int to) {
        long chained = hash;
        for (int i = from; i < to; i++) {
            chained = (chained ^ text.charAt(i)) * PRIME;
        }
        return chained;
    }
}
