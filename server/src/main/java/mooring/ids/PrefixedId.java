package mooring.ids;

import java.util.HexFormat;
import java.util.UUID;

/// The written form that all ids share: a prefix and the UUID's 32 hexadecimal digits, so that text
/// order is the order of minting.
final class PrefixedId {

    private static final HexFormat HEX = HexFormat.of();

    private PrefixedId() {}

    static String text(String prefix, UUID uuid) {
        return prefix
                + HEX.toHexDigits(uuid.getMostSignificantBits())
                + HEX.toHexDigits(uuid.getLeastSignificantBits());
    }

    static UUID parse(String prefix, String text) {
        if (text.length() == prefix.length() + 32 && text.startsWith(prefix)) {
            try {
                int from = prefix.length();
                return new UUID(
                        HexFormat.fromHexDigitsToLong(text, from, from + 16),
                        HexFormat.fromHexDigitsToLong(text, from + 16, from + 32));
            } catch (IllegalArgumentException _) {
                // Falls through: the message below says more.
            }
        }
        throw new IllegalArgumentException(
                "\"" + text + "\" (expected: " + prefix + " and 32 hexadecimal digits)");
    }
}
