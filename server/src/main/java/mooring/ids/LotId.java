package mooring.ids;

import java.util.UUID;

/// One credit lot: money of one kind that a wallet got at one time: `lot_…`.
public record LotId(UUID uuid) {

    private static final String PREFIX = "lot_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static LotId parse(String text) {
        return new LotId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
