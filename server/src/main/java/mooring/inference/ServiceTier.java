package mooring.inference;

/// How urgently a request is served, and at which of its model's prices.
public enum ServiceTier {
    /// As soon as an engine is free: what a caller gets who asks for nothing else.
    STANDARD("standard"),
    /// When there is room, for less.
    BATCH("batch"),
    /// Ahead of others, for more.
    PRIORITY("priority");

    private final String word;

    ServiceTier(String word) {
        this.word = word;
    }

    /// The tier's name in files, in the database and in every API of ours.
    public String word() {
        return word;
    }

    /// @throws IllegalArgumentException when no tier has this name
    public static ServiceTier of(String word) {
        for (ServiceTier tier : values()) {
            if (tier.word.equals(word)) {
                return tier;
            }
        }
        throw new IllegalArgumentException(
                "service tier: \"" + word + "\" (expected: standard, batch or priority)");
    }

    @Override
    public String toString() {
        return word;
    }
}
