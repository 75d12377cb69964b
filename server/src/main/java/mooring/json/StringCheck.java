package mooring.json;

/// Judges the strings of a JSON text in one pass each: UTF-8 as RFC 3629 has it, escapes as RFC
/// 8259 has them, surrogates in pairs. Counts what they hold.
final class StringCheck {

    private static final int ASCII_END = 0x80;
    private static final int TWO_BYTES_END = 0x800;

    private final byte[] json;
    private int at;
    private long utf8Length;
    private long chars;

    StringCheck(byte[] json) {
        this.json = json;
    }

    /// @param from behind the opening quote
    /// @return false when something is not right before the closing quote, or there is none
    boolean passes(int from) {
        at = from;
        utf8Length = 0;
        chars = 0;
        while (true) {
            int run = at;
            at = TextBytes.unusual(json, run, json.length);
            utf8Length += at - run;
            chars += at - run;
            if (at >= json.length) {
                return false;
            }
            byte found = json[at];
            if (found == '"') {
                return true;
            }
            if (found == '\\' ? !escape() : found >= 0 || !beyondAscii()) {
                return false;
            }
        }
    }

    /// Where the closing quote is of the string that passed last.
    int end() {
        return at;
    }

    /// How many bytes the string is as UTF-8, without its escapes.
    long utf8Length() {
        return utf8Length;
    }

    /// How many characters it has, as Java counts them.
    long chars() {
        return chars;
    }

    private boolean escape() {
        if (at + 1 >= json.length) {
            return false;
        }
        return switch (json[at + 1]) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                count(1, 1);
                at += 2;
                yield true;
            }
            case 'u' -> {
                int point = TextBytes.codePoint(json, at + 2);
                if (point < 0) {
                    yield false;
                }
                count(bytes(point), Character.charCount(point));
                at += TextBytes.escapeLength(point);
                yield true;
            }
            default -> false;
        };
    }

    /// A run of characters of several bytes each, as texts of most scripts are.
    private boolean beyondAscii() {
        while (at < json.length && json[at] < 0) {
            int length = Utf8.length(json, at);
            if (length < 0) {
                return false;
            }
            count(length, length == 4 ? 2 : 1);
            at += length;
        }
        return true;
    }

    private static int bytes(int point) {
        if (point < ASCII_END) {
            return 1;
        }
        if (point < TWO_BYTES_END) {
            return 2;
        }
        return Character.isSupplementaryCodePoint(point) ? 4 : 3;
    }

    private void count(int bytes, int characters) {
        utf8Length += bytes;
        chars += characters;
    }
}
