package mooring.accounts;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.zip.CRC32;

/// The secret itself: a fixed prefix, 256 random bits in base 62, and a checksum by which secret
/// scanners tell a real key from a look-alike without asking us.
public final class KeySecret {

    /// Opens every organization's key.
    public static final String API_PREFIX = "sk-mooring-";

    /// Opens the operator's key.
    public static final String OPERATOR_PREFIX = "op-mooring-";

    private static final String ALPHABET =
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final int RANDOM_CHARS = 43;
    private static final int CHECKSUM_CHARS = 6;
    private static final int SHOWN_CHARS = 6;

    private final String text;

    private KeySecret(String text) {
        this.text = text;
    }

    public static KeySecret generate(String prefix, SecureRandom random) {
        String body = prefix + base62(new BigInteger(256, random), RANDOM_CHARS);
        return new KeySecret(body + checksum(body));
    }

    /// Whether the text has a key's form: prefix, length and checksum. Cheap, decides nothing.
    public static boolean wellFormed(String text, String prefix) {
        if (text.length() != prefix.length() + RANDOM_CHARS + CHECKSUM_CHARS
                || !text.startsWith(prefix)) {
            return false;
        }
        int end = text.length() - CHECKSUM_CHARS;
        return checksum(text.substring(0, end)).equals(text.substring(end));
    }

    public KeyHash hash() {
        return KeyHash.of(text);
    }

    /// The first characters, enough to recognise the key in a list.
    public String prefix() {
        return text.substring(0, text.indexOf("mooring-") + "mooring-".length() + SHOWN_CHARS);
    }

    /// The whole secret, for the one who created it.
    public String reveal() {
        return text;
    }

    @Override
    public String toString() {
        return prefix() + "…";
    }

    private static String checksum(String body) {
        CRC32 crc = new CRC32();
        crc.update(body.getBytes(StandardCharsets.US_ASCII));
        char[] digits = new char[CHECKSUM_CHARS];
        long rest = crc.getValue();
        for (int i = CHECKSUM_CHARS - 1; i >= 0; i--) {
            digits[i] = ALPHABET.charAt((int) (rest % ALPHABET.length()));
            rest /= ALPHABET.length();
        }
        return new String(digits);
    }

    private static String base62(BigInteger number, int chars) {
        char[] digits = new char[chars];
        BigInteger rest = number;
        BigInteger base = BigInteger.valueOf(ALPHABET.length());
        for (int i = chars - 1; i >= 0; i--) {
            BigInteger[] parts = rest.divideAndRemainder(base);
            digits[i] = ALPHABET.charAt(parts[1].intValue());
            rest = parts[0];
        }
        return new String(digits);
    }
}
