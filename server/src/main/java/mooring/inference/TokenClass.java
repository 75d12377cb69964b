package mooring.inference;

/// A kind of token with a price of its own. The classes are disjoint: the first four sum to the
/// prompt, the last one is the answer.
public enum TokenClass {
    INPUT("input"),
    CACHE_READ("cache_read"),
    CACHE_WRITE_5M("cache_write_5m"),
    CACHE_WRITE_1H("cache_write_1h"),
    OUTPUT("output");

    private final String word;

    TokenClass(String word) {
        this.word = word;
    }

    /// The class's name in files, in the database and in every API of ours.
    public String word() {
        return word;
    }

    /// @throws IllegalArgumentException when no class has this name
    public static TokenClass of(String word) {
        for (TokenClass tokenClass : values()) {
            if (tokenClass.word.equals(word)) {
                return tokenClass;
            }
        }
        throw new IllegalArgumentException(
                "token class: \""
                        + word
                        + "\" (expected: input, cache_read, cache_write_5m, cache_write_1h or"
                        + " output)");
    }

    /// How many tokens of this class were used.
    public long tokens(Usage usage) {
        return switch (this) {
            case INPUT -> usage.inputUncached();
            case CACHE_READ -> usage.cacheRead();
            case CACHE_WRITE_5M -> usage.cacheWrite5m();
            case CACHE_WRITE_1H -> usage.cacheWrite1h();
            case OUTPUT -> usage.output();
        };
    }

    @Override
    public String toString() {
        return word;
    }
}
