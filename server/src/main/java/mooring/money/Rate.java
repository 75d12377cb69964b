package mooring.money;

import java.math.BigDecimal;

/// The price of one million tokens of one class, in nano units.
///
/// A single token can cost a fraction of a nano unit ($0.00016 per million is 0.16 nano a token),
/// so a price per token is never stored; a charge is summed over all classes and divided by a
/// million once.
public record Rate(long nanosPerMillion) {

    public static final Rate FREE = new Rate(0);

    public Rate {
        if (nanosPerMillion < 0) {
            throw new IllegalArgumentException(
                    "rate: " + nanosPerMillion + " nano per million tokens (expected: 0 or more)");
        }
    }

    /// Reads the price of a million tokens in major units, such as `0.95`.
    ///
    /// @throws IllegalArgumentException when the text is no plain decimal of nine digits after the
    ///   point at most, or negative
    public static Rate parse(String perMillion) {
        return new Rate(Decimals.toNanos(perMillion));
    }

    public boolean free() {
        return nanosPerMillion == 0;
    }

    /// The price of a million tokens as plain decimal text.
    public String text() {
        BigDecimal exact = BigDecimal.valueOf(nanosPerMillion, Money.SCALE);
        return exact.signum() == 0 ? "0" : exact.stripTrailingZeros().toPlainString();
    }
}
