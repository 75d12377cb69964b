package mooring.ids;

import java.util.UUID;

/// An API key's public name; never the secret: `key_…`.
public record KeyId(UUID uuid) {

    private static final String PREFIX = "key_";

    /// @throws IllegalArgumentException when the text is no such id; the message names it
    public static KeyId parse(String text) {
        return new KeyId(PrefixedId.parse(PREFIX, text));
    }

    @Override
    public String toString() {
        return PrefixedId.text(PREFIX, uuid);
    }
}
