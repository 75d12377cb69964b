package mooring.ids;

import java.util.UUID;

/// One movement of money between two accounts: `trf_…`.
public record TransferId(UUID uuid) {

    private static final String PREFIX = "trf_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static TransferId parse(String text) {
        return new TransferId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
