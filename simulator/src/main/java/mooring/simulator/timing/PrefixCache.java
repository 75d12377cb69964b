package mooring.simulator.timing;

import java.util.LinkedHashMap;
import mooring.simulator.text.Prompt;

/// Blocks of prompts already computed, least recently used first out. One thread only.
public final class PrefixCache {

    private final int maxBlocks;
    private final LinkedHashMap<Long, Boolean> blocks = new LinkedHashMap<>(64, 0.75f, true);
    private long queriedTokens;
    private long hitTokens;

    public PrefixCache(int maxBlocks) {
        this.maxBlocks = maxBlocks;
    }

    /// Tokens of the prompt's start that need no work: full blocks, never the whole prompt, since
    /// an engine computes at least the last token anew.
    public int match(Prompt prompt) {
        int usable = Math.max(0, prompt.tokens() - 1) / Prompt.BLOCK_TOKENS;
        int matched = 0;
        while (matched < usable && blocks.containsKey(prompt.block(matched))) {
            matched++;
        }
        queriedTokens += prompt.tokens();
        hitTokens += (long) matched * Prompt.BLOCK_TOKENS;
        return matched * Prompt.BLOCK_TOKENS;
    }

    /// Keeps the prompt's blocks; its end goes first when room is needed, as in vLLM.
    public void add(Prompt prompt) {
        for (int i = prompt.blockCount() - 1; i >= 0; i--) {
            blocks.put(prompt.block(i), Boolean.TRUE);
        }
        var eldest = blocks.entrySet().iterator();
        while (blocks.size() > maxBlocks) {
            eldest.next();
            eldest.remove();
        }
    }

    /// Forgets every block and count.
    public void clear() {
        blocks.clear();
        queriedTokens = 0;
        hitTokens = 0;
    }

    /// Prompt tokens looked up so far.
    public long queriedTokens() {
        return queriedTokens;
    }

    /// Of these, tokens found.
    public long hitTokens() {
        return hitTokens;
    }

    /// The bound.
    public int maxBlocks() {
        return maxBlocks;
    }
}
