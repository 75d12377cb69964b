package mooring.ids;

import java.util.UUID;

/// A correction of what a request was charged: `adj_…`.
public record AdjustmentId(UUID uuid) {

    private static final String PREFIX = "adj_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static AdjustmentId parse(String text) {
        return new AdjustmentId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
