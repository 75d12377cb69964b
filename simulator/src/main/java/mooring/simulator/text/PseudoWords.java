package mooring.simulator.text;

import java.util.ArrayList;
import java.util.List;

/// The simulator's vocabulary: 1,024 made-up words, each exactly one token by [Tokenizer].
public final class PseudoWords {

    private static final int SIZE = 1024;
    private static final List<String> WORDS = words();

    private PseudoWords() {}

    /// The word at a place of an answer; the same seed and place always give the same word.
    public static String word(long seed, int place) {
        String word = WORDS.get((int) (Prompt.mix(seed + place) & (SIZE - 1)));
        return place == 0 ? word.substring(1) : word;
    }

    private static List<String> words() {
        List<String> syllables = new ArrayList<>();
        for (char consonant : "bdfghjklmnprstvz".toCharArray()) {
            for (char vowel : "aeiou".toCharArray()) {
                syllables.add("" + consonant + vowel);
            }
        }
        List<String> words = new ArrayList<>();
        for (String syllable : syllables) {
            words.add(" " + syllable);
        }
        for (int i = 0; words.size() < SIZE; i++) {
            int first = i % syllables.size();
            int second = (first * 7 + 13 + i / syllables.size()) % syllables.size();
            words.add(" " + syllables.get(first) + syllables.get(second));
        }
        return List.copyOf(words);
    }
}
