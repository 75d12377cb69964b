package mooring.ids;

import java.util.UUID;

/// A published, immutable set of prices: `prc_…`.
public record PriceVersionId(UUID uuid) {

    private static final String PREFIX = "prc_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static PriceVersionId parse(String text) {
        return new PriceVersionId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
