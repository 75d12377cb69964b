package mooring.simulator.text;

import java.util.ArrayList;
import java.util.List;

/// The simulator's own rule of what a token is, simple enough to count by hand.
///
/// In this order, a token is:
/// 1. a marker: `<|`, 1 to 16 lower-case ASCII letters or `_`, `|>`;
/// 2. an optional single space followed by 1 to 4 ASCII letters or digits;
/// 3. any other single code point.
///
/// No real model counts like this.
public final class Tokenizer {

    private static final int WORD_CHARS = 4;
    private static final int MARKER_CHARS = 16;

    private Tokenizer() {}

    /// How many tokens the text has.
    public static int count(String text) {
        int tokens = 0;
        for (int at = 0; at < text.length(); at = end(text, at)) {
            tokens++;
        }
        return tokens;
    }

    /// The text cut into its tokens; joined again they are the text.
    public static List<String> tokens(String text) {
        List<String> tokens = new ArrayList<>();
        for (int at = 0; at < text.length(); ) {
            int end = end(text, at);
            tokens.add(text.substring(at, end));
            at = end;
        }
        return tokens;
    }

    /// A stable number for a token's text, as `/tokenize` shows it; different texts may share one.
    public static int id(String token) {
        return token.hashCode() & 0x1_FFFF;
    }

    /// Where the token that starts at `start` ends.
    static int end(String text, int start) {
        char first = text.charAt(start);
        if (first == '<') {
            return markerEnd(text, start);
        }
        int word = start;
        if (first == ' ' && start + 1 < text.length() && isWordChar(text.charAt(start + 1))) {
            word = start + 1;
        }
        if (isWordChar(text.charAt(word))) {
            int limit = Math.min(text.length(), word + WORD_CHARS);
            int end = word + 1;
            while (end < limit && isWordChar(text.charAt(end))) {
                end++;
            }
            return end;
        }
        return start + Character.charCount(text.codePointAt(start));
    }

    /// The end of a marker, or one character on where the `<` opens none.
    private static int markerEnd(String text, int start) {
        int name = start + 2;
        if (name >= text.length() || text.charAt(start + 1) != '|') {
            return start + 1;
        }
        int end = name;
        while (end < text.length() && end - name < MARKER_CHARS && isMarkerChar(text.charAt(end))) {
            end++;
        }
        return end > name && text.startsWith("|>", end) ? end + 2 : start + 1;
    }

    private static boolean isWordChar(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static boolean isMarkerChar(char c) {
        return (c >= 'a' && c <= 'z') || c == '_';
    }
}
