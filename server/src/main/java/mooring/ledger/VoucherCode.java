package mooring.ledger;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.zip.CRC32;

/// What a customer types to redeem a voucher: `MV-` and five groups of five letters and digits, of
/// which 115 bits are random and the last two characters check the rest.
///
/// Small letters, missing hyphens and the look-alikes O, I and L are read as what was meant.
public final class VoucherCode {

    /// How a code looks, for messages.
    public static final String FORM = "MV-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX";

    /// Without I, L, O and U, which are read as other characters.
    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static final String PREFIX = "MV";
    private static final int RANDOM_CHARS = 23;
    private static final int CHECK_CHARS = 2;
    private static final int GROUP_CHARS = 5;
    private static final int BITS = 5;

    /// Nobody types more than this around a code.
    private static final int MAX_TYPED_CHARS = 80;

    /// The prefix and what stands behind it, without hyphens.
    private final String text;

    private VoucherCode(String text) {
        this.text = text;
    }

    public static VoucherCode generate(SecureRandom random) {
        StringBuilder body = new StringBuilder(PREFIX);
        for (int i = 0; i < RANDOM_CHARS; i++) {
            body.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return new VoucherCode(body + check(body.toString()));
    }

    /// @throws IllegalArgumentException when this is no code, or one with a typing error; the
    ///   message says what a code looks like and repeats no more than its beginning
    public static VoucherCode parse(String typed) {
        String text = typed.length() > MAX_TYPED_CHARS ? "" : plain(typed);
        int end = text.length() - CHECK_CHARS;
        boolean whole =
                text.startsWith(PREFIX)
                        && end == PREFIX.length() + RANDOM_CHARS
                        && text.chars().allMatch(c -> ALPHABET.indexOf(c) >= 0)
                        && check(text.substring(0, end)).equals(text.substring(end));
        if (!whole) {
            throw new IllegalArgumentException(
                    shown(typed)
                            + " (expected: a code such as "
                            + FORM
                            + ", without typing errors)");
        }
        return new VoucherCode(text);
    }

    /// SHA-256 of the code: what is kept and looked up. A fast hash is right, as nobody can guess
    /// the code.
    public byte[] hash() {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /// Its beginning, enough to recognise it in a list.
    public String hint() {
        return PREFIX + "-" + text.substring(PREFIX.length(), PREFIX.length() + GROUP_CHARS);
    }

    /// The whole code, for the one who made it.
    public String reveal() {
        StringBuilder groups = new StringBuilder(PREFIX);
        for (int i = PREFIX.length(); i < text.length(); i += GROUP_CHARS) {
            groups.append('-').append(text, i, i + GROUP_CHARS);
        }
        return groups.toString();
    }

    @Override
    public String toString() {
        return hint() + "…";
    }

    private static String plain(String typed) {
        return typed.strip()
                .toUpperCase(Locale.ROOT)
                .replaceAll("[-\\s]", "")
                .replace('O', '0')
                .replace('I', '1')
                .replace('L', '1');
    }

    private static String shown(String typed) {
        int most = PREFIX.length() + 1 + GROUP_CHARS;
        String text = typed.strip();
        return '"' + (text.length() > most ? text.substring(0, most) + "…" : text) + '"';
    }

    private static String check(String body) {
        CRC32 crc = new CRC32();
        crc.update(body.getBytes(StandardCharsets.US_ASCII));
        long value = crc.getValue();
        return "" + digit(value >>> BITS) + digit(value);
    }

    private static char digit(long value) {
        return ALPHABET.charAt((int) (value % ALPHABET.length()));
    }
}
