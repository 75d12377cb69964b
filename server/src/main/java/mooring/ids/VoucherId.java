package mooring.ids;

import java.util.UUID;

/// One voucher: its id, not the code that is redeemed: `vch_…`.
public record VoucherId(UUID uuid) {

    private static final String PREFIX = "vch_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static VoucherId parse(String text) {
        return new VoucherId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
