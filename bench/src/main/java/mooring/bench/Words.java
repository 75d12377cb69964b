package mooring.bench;

import java.util.Random;

/// Made-up prompts.
final class Words {

    private static final String[] SYLLABLES = {
        "ka", "ri", "to", "we", "na", "mo", "hu", "pe", "ti", "wha", "rua", "one", "lin", "der"
    };

    private Words() {}

    static String of(Random random, int words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append(i == 0 ? "" : " ");
            for (int j = random.nextInt(3); j >= 0; j--) {
                text.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
            }
        }
        return text.toString();
    }
}
