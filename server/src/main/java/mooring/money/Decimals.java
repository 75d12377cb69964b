package mooring.money;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/// Decimal text to nano units and back, exactly or not at all.
final class Decimals {

    private static final Pattern PLAIN = Pattern.compile("-?[0-9]{1,18}(\\.[0-9]{1,18})?");

    private static final long UNIT = 1_000_000_000;
    private static final int LEAST_DIGITS = 2;

    /// Sign, ten digits, point and nine digits.
    private static final int LONGEST = 21;

    private Decimals() {}

    /// Every digit that matters, and at least two after the point. Each answer shows two amounts,
    /// so this makes nothing but the text.
    static String text(long nanos) {
        // The least of all numbers has no positive counterpart, but its digits are right unsigned.
        long amount = nanos < 0 ? -nanos : nanos;
        long whole = Long.divideUnsigned(amount, UNIT);
        long rest = Long.remainderUnsigned(amount, UNIT);
        int digits = Money.SCALE;
        while (digits > LEAST_DIGITS && rest % 10 == 0) {
            rest /= 10;
            digits--;
        }
        byte[] text = new byte[LONGEST];
        int at = LONGEST;
        for (; digits > 0; digits--) {
            text[--at] = digit(rest);
            rest /= 10;
        }
        text[--at] = '.';
        do {
            text[--at] = digit(whole);
            whole /= 10;
        } while (whole > 0);
        if (nanos < 0) {
            text[--at] = '-';
        }
        return new String(text, at, LONGEST - at, StandardCharsets.ISO_8859_1);
    }

    private static byte digit(long number) {
        return (byte) ('0' + number % 10);
    }

    static long toNanos(String text) {
        if (!PLAIN.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" (expected: a plain decimal such as 12.50)");
        }
        try {
            return new BigDecimal(text).movePointRight(Money.SCALE).longValueExact();
        } catch (ArithmeticException _) {
            throw new IllegalArgumentException(
                    "\""
                            + text
                            + "\" (expected: at most nine digits after the point and an amount"
                            + " below 9,200,000,000)");
        }
    }
}
