package mooring.ids;

import java.util.UUID;

/// A prepaid wallet: `wal_…`.
public record WalletId(UUID uuid) {

    private static final String PREFIX = "wal_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static WalletId parse(String text) {
        return new WalletId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
