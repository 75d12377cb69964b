package mooring.money;

import java.math.BigDecimal;
import java.math.RoundingMode;

/// An exact amount in one currency, counted in nano units (10⁻⁹ of the major unit).
///
/// All arithmetic is on integers and exact: an overflow throws [ArithmeticException], two
/// currencies never mix. The range is about ± 9.2 × 10⁹ major units.
public record Money(long nanos, Currency currency) implements Comparable<Money> {

    /// Digits after the decimal point that a nano unit stands for.
    public static final int SCALE = 9;

    public static Money zero(Currency currency) {
        return new Money(0, currency);
    }

    /// Reads a decimal such as `5`, `5.00` or `0.000000950`.
    ///
    /// @throws IllegalArgumentException when the text is no plain decimal, has more than nine
    ///   digits after the point or lies outside the range; the message names the text
    public static Money parse(String text, Currency currency) {
        return new Money(Decimals.toNanos(text), currency);
    }

    public Money plus(Money other) {
        requireSameCurrency(other);
        return new Money(Math.addExact(nanos, other.nanos), currency);
    }

    public Money minus(Money other) {
        requireSameCurrency(other);
        return new Money(Math.subtractExact(nanos, other.nanos), currency);
    }

    public Money negated() {
        return new Money(Math.negateExact(nanos), currency);
    }

    public boolean negative() {
        return nanos < 0;
    }

    public boolean positive() {
        return nanos > 0;
    }

    /// The amount with every digit that matters and at least two after the point.
    public BigDecimal decimal() {
        BigDecimal exact = BigDecimal.valueOf(nanos, SCALE).stripTrailingZeros();
        return exact.scale() < 2 ? exact.setScale(2, RoundingMode.UNNECESSARY) : exact;
    }

    /// The decimal as text, without the currency: `4.999123456`.
    public String text() {
        return Decimals.text(nanos);
    }

    @Override
    public int compareTo(Money other) {
        requireSameCurrency(other);
        return Long.compare(nanos, other.nanos);
    }

    /// For people: `4.999123456 USD`.
    @Override
    public String toString() {
        return text() + " " + currency;
    }

    private void requireSameCurrency(Money other) {
        if (!currency.equals(other.currency)) {
            throw new IllegalArgumentException(
                    "currencies differ: " + currency + " and " + other.currency);
        }
    }
}
