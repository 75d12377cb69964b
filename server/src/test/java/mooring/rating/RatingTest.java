package mooring.rating;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import mooring.catalog.ModelPrice;
import mooring.inference.Usage;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.money.Rate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/// What holds of every charge, whatever the tokens and prices.
class RatingTest {

    private static final Currency USD = Currency.USD;

    @Property
    void theLinesSumToTheTotal(@ForAll("usages") Usage usage, @ForAll("prices") ModelPrice price) {
        Charge charge = Rating.charge(usage, price, USD);
        Money sum =
                charge.lines().stream()
                        .map(Charge.Line::amount)
                        .reduce(Money.zero(USD), Money::plus);
        assertThat(sum).isEqualTo(charge.total()).isEqualTo(Rating.total(usage, price, USD));
    }

    @Property
    void aLineIsLessThanOneNanoUnitFromItsExactAmount(
            @ForAll("usages") Usage usage, @ForAll("prices") ModelPrice price) {
        for (Charge.Line line : Rating.charge(usage, price, USD).lines()) {
            BigDecimal exact =
                    BigDecimal.valueOf(line.tokens())
                            .multiply(BigDecimal.valueOf(line.rate().nanosPerMillion()))
                            .movePointLeft(6);
            BigDecimal off = exact.subtract(BigDecimal.valueOf(line.amount().nanos())).abs();
            assertThat(off).isLessThan(BigDecimal.ONE);
        }
    }

    @Property
    void theTotalIsTheExactSumRoundedOnceHalfToEven(
            @ForAll("usages") Usage usage, @ForAll("prices") ModelPrice price) {
        assertThat(Rating.total(usage, price, USD).nanos()).isEqualTo(rounded(usage, price));
    }

    @Property
    void halfANanoUnitGoesToTheEvenNeighbour(@ForAll("halves") long tokens) {
        // A rate of half a nano unit a token: an odd count ends in exactly one half.
        ModelPrice price = onlyOutput(500_000);
        long expected = tokens / 2 + (tokens % 2 == 1 && (tokens / 2) % 2 == 1 ? 1 : 0);
        assertThat(Rating.total(Usage.NONE.withOutput(tokens, 0), price, USD).nanos())
                .isEqualTo(expected);
    }

    @Property
    void noChargeExceedsTheUpperBoundOfItsTokens(
            @ForAll("usages") Usage usage, @ForAll("prices") ModelPrice price) {
        Money bound = Rating.upperBound(usage.prompt(), usage.output(), price, USD);
        assertThat(Rating.total(usage, price, USD)).isLessThanOrEqualTo(bound);
    }

    @Property
    void moreOutputNeverCostsLess(
            @ForAll("usages") Usage usage, @ForAll("prices") ModelPrice price) {
        Usage more = usage.withOutput(usage.output() + 1, usage.reasoning());
        assertThat(Rating.total(more, price, USD))
                .isGreaterThanOrEqualTo(Rating.total(usage, price, USD));
    }

    @Example
    void productsBeyondSixtyFourBitsAreExact() {
        // 4 × 10⁹ tokens at 2 units each: the product is 8 × 10²⁴, the charge 8 × 10⁹ units.
        ModelPrice price = onlyOutput(2_000_000_000_000_000L);
        Usage usage = Usage.NONE.withOutput(4_000_000_000L, 0);
        assertThat(Rating.total(usage, price, USD).nanos()).isEqualTo(8_000_000_000_000_000_000L);
    }

    @Example
    void aChargeBeyondTheRangeIsAnErrorAndNoSmallNumber() {
        ModelPrice price = onlyOutput(2_000_000_000_000_000L);
        Usage usage = Usage.NONE.withOutput(5_000_000_000L, 0);
        assertThatThrownBy(() -> Rating.total(usage, price, USD))
                .isInstanceOf(ArithmeticException.class);
    }

    @Provide
    Arbitrary<Usage> usages() {
        Arbitrary<Long> tokens =
                Arbitraries.frequencyOf(
                        Tuple.of(1, Arbitraries.just(0L)),
                        Tuple.of(4, Arbitraries.longs().between(0, 2_000)),
                        Tuple.of(2, Arbitraries.longs().between(0, 10_000_000)));
        return Combinators.combine(tokens, tokens, tokens, tokens, tokens)
                .as((a, b, c, d, output) -> new Usage(a, b, c, d, output, output / 2));
    }

    @Provide
    Arbitrary<ModelPrice> prices() {
        Arbitrary<Rate> rates =
                Arbitraries.frequencyOf(
                                Tuple.of(1, Arbitraries.just(0L)),
                                Tuple.of(3, Arbitraries.longs().between(0, 3_000_000)),
                                Tuple.of(3, Arbitraries.longs().between(0, 100_000_000_000L)))
                        .map(Rate::new);
        return Combinators.combine(rates, rates, rates, rates, rates).as(ModelPrice::new);
    }

    @Provide
    Arbitrary<Long> halves() {
        return Arbitraries.longs().between(0, 1_000_000_000);
    }

    private static long rounded(Usage usage, ModelPrice price) {
        return exact(usage.inputUncached(), price.input())
                .add(exact(usage.cacheRead(), price.cacheRead()))
                .add(exact(usage.cacheWrite5m(), price.cacheWrite5m()))
                .add(exact(usage.cacheWrite1h(), price.cacheWrite1h()))
                .add(exact(usage.output(), price.output()))
                .setScale(0, RoundingMode.HALF_EVEN)
                .longValueExact();
    }

    private static BigDecimal exact(long tokens, Rate rate) {
        return BigDecimal.valueOf(tokens)
                .multiply(BigDecimal.valueOf(rate.nanosPerMillion()))
                .movePointLeft(6);
    }

    private static ModelPrice onlyOutput(long nanosPerMillion) {
        return new ModelPrice(
                Rate.FREE, Rate.FREE, Rate.FREE, Rate.FREE, new Rate(nanosPerMillion));
    }
}
