package mooring.simulator.timing;

import static org.assertj.core.api.Assertions.assertThat;

import mooring.simulator.text.Prompt;
import org.junit.jupiter.api.Test;

class PrefixCacheTest {

    private final PrefixCache cache = new PrefixCache(4);

    @Test
    void theLastTokenOfAPromptIsNeverAHit() {
        Prompt twoBlocks = prompt("a", 32);
        cache.add(twoBlocks);

        assertThat(cache.match(twoBlocks)).isEqualTo(16);
        assertThat(cache.match(prompt("a", 33))).isEqualTo(32);
        assertThat(cache.queriedTokens()).isEqualTo(65);
        assertThat(cache.hitTokens()).isEqualTo(48);
    }

    @Test
    void theLeastRecentlyUsedPromptLosesItsEndFirst() {
        cache.add(prompt("a", 32));
        cache.add(prompt("b", 32));
        cache.add(prompt("a", 32));
        cache.add(prompt("c", 16));

        assertThat(cache.match(prompt("a", 33))).isEqualTo(32);
        assertThat(cache.match(prompt("b", 33))).isEqualTo(16);
        assertThat(cache.match(prompt("c", 33))).isEqualTo(16);
    }

    /// A prompt of that many tokens that shares no block with one of another letter.
    private static Prompt prompt(String letter, int tokens) {
        return Prompt.of((" " + letter).repeat(tokens), "m");
    }
}
