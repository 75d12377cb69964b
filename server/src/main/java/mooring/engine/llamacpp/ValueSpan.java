package mooring.engine.llamacpp;

/// Finds where one JSON value ends while it arrives, character by character. Begins at the value's
/// first character and trusts that what comes is JSON.
final class ValueSpan {

    private int depth;
    private boolean inText;
    private boolean escaped;
    private boolean ended;

    /// Whether the value is complete.
    boolean ended() {
        return ended;
    }

    /// Takes the next character; false when it stands behind the value.
    boolean takes(char next) {
        if (ended) {
            return false;
        }
        if (inText) {
            if (escaped) {
                escaped = false;
            } else if (next == '\\') {
                escaped = true;
            } else if (next == '"') {
                inText = false;
                ended = depth == 0;
            }
            return true;
        }
        switch (next) {
            case '"' -> inText = true;
            case '{', '[' -> depth++;
            case '}', ']' -> {
                if (depth == 0) {
                    ended = true;
                    return false;
                }
                depth--;
                ended = depth == 0;
            }
            default -> {
                // A number or a word has no end of its own.
                if (depth == 0 && (next == ',' || next <= ' ')) {
                    ended = true;
                    return false;
                }
            }
        }
        return true;
    }
}
