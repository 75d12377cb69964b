package mooring.money;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/// Decimal text to nano units, exactly or not at all.
final class Decimals {

    private static final Pattern PLAIN = Pattern.compile("-?[0-9]{1,18}(\\.[0-9]{1,18})?");

    private Decimals() {}

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
