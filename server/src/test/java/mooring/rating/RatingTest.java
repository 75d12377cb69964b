package mooring.rating;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import mooring.catalog.ClassRates;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceBand;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;
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

/// What holds of every charge, whatever the tokens, calls and prices.
class RatingTest {

    private static final Currency USD = Currency.USD;
    private static final ServiceTier STANDARD = ServiceTier.STANDARD;
    private static final SortedMap<String, Long> NO_CALLS = new TreeMap<>();

    /// One request to be rated.
    record Case(Usage usage, SortedMap<String, Long> calls, ServiceTier tier, ModelPrice price) {

        Money total() {
            return Rating.total(usage, calls, tier, price, USD);
        }

        List<Charge.Line> lines() {
            return Rating.lines(usage, calls, tier, price, USD);
        }

        Case with(Usage other) {
            return new Case(other, calls, tier, price);
        }
    }

    @Property
    void b17b18TheLinesSumToTheTotalToTheNano(@ForAll("cases") Case one) {
        Money sum =
                one.lines().stream().map(Charge.Line::amount).reduce(Money.zero(USD), Money::plus);
        assertThat(sum).isEqualTo(one.total());
        Charge charge = Rating.charge(one.usage(), one.calls(), one.tier(), one.price(), USD);
        assertThat(charge).isEqualTo(new Charge(one.total(), one.lines()));
    }

    @Property
    void aLineIsLessThanOneNanoUnitFromItsExactAmountAndNeverNegative(@ForAll("cases") Case one) {
        for (Charge.Line line : one.lines()) {
            BigDecimal exact =
                    BigDecimal.valueOf(line.quantity())
                            .multiply(BigDecimal.valueOf(line.unitNanos()))
                            .movePointLeft(line.unit() == Charge.Unit.CALL ? 0 : 6);
            assertThat(exact.subtract(BigDecimal.valueOf(line.amount().nanos())).abs())
                    .isLessThan(BigDecimal.ONE);
            assertThat(line.amount().negative()).isFalse();
        }
    }

    @Property
    void theTotalIsTheExactSumRoundedOnceHalfToEven(@ForAll("cases") Case one) {
        assertThat(one.total().nanos()).isEqualTo(rounded(one));
    }

    @Property
    void ratingAgainGivesTheSameCharge(@ForAll("cases") Case one) {
        ModelPrice same = new ModelPrice(one.price().bands(), one.price().callNanos());
        assertThat(new Case(one.usage(), new TreeMap<>(one.calls()), one.tier(), same).total())
                .isEqualTo(one.total());
    }

    @Property
    void halfANanoUnitGoesToTheEvenNeighbour(@ForAll("halves") long tokens) {
        // A rate of half a nano unit a token: an odd count ends in exactly one half.
        long expected = tokens / 2 + (tokens % 2 == 1 && (tokens / 2) % 2 == 1 ? 1 : 0);
        assertThat(output(tokens, 500_000).total().nanos()).isEqualTo(expected);
    }

    @Property
    void g9NoChargeExceedsTheBoundOfItsPromptAndOutput(@ForAll("cases") Case one) {
        Money exact =
                Rating.upperBound(
                        PromptBound.exactly(one.usage().prompt()),
                        one.usage().output(),
                        one.calls(),
                        one.tier(),
                        one.price(),
                        USD);
        Money upTo =
                Rating.upperBound(
                        PromptBound.upTo(one.usage().prompt() * 2),
                        one.usage().output(),
                        one.calls(),
                        one.tier(),
                        one.price(),
                        USD);
        assertThat(one.total()).isLessThanOrEqualTo(exact);
        assertThat(exact).isLessThanOrEqualTo(upTo);
        Charge shown =
                Rating.upperBoundCharge(
                        PromptBound.exactly(one.usage().prompt()),
                        one.usage().output(),
                        one.calls(),
                        one.tier(),
                        one.price(),
                        USD);
        assertThat(shown.total()).isEqualTo(exact);
        assertThat(
                        shown.lines().stream()
                                .map(Charge.Line::amount)
                                .reduce(Money.zero(USD), Money::plus))
                .isEqualTo(exact);
    }

    @Property
    void g9AHoldThatGrowsStaysAboveTheCharge(@ForAll("cases") Case one) {
        PromptBound prompt = PromptBound.upTo(one.usage().prompt() + 1);
        long first = one.usage().output() / 3;
        Money held =
                Rating.upperBound(prompt, first, one.calls(), one.tier(), one.price(), USD)
                        .plus(
                                Rating.outputBound(
                                        prompt,
                                        one.usage().output() - first,
                                        one.tier(),
                                        one.price(),
                                        USD));
        assertThat(one.total()).isLessThanOrEqualTo(held);
    }

    @Property
    void moreOutputNeverCostsLess(@ForAll("cases") Case one) {
        Usage more = one.usage().withOutput(one.usage().output() + 1, one.usage().reasoning());
        assertThat(one.with(more).total()).isGreaterThanOrEqualTo(one.total());
    }

    @Property
    void everyTokenIsPricedByTheOneBandThatTheWholePromptReaches(@ForAll("cases") Case one) {
        PriceBand only = one.price().bands().get(one.price().band(one.usage().prompt()));
        ModelPrice flat =
                new ModelPrice(List.of(new PriceBand(0, only.tiers())), one.price().callNanos());
        assertThat(new Case(one.usage(), one.calls(), one.tier(), flat).total())
                .isEqualTo(one.total());
        long longest = one.price().longest(one.price().band(one.usage().prompt()));
        assertThat(one.usage().prompt()).isBetween(only.from(), longest);
    }

    @Property
    void b36TheClassesAreDisjointAndSumToThePrompt(@ForAll("cases") Case one) {
        long prompt = 0;
        for (TokenClass tokenClass : TokenClass.values()) {
            prompt += tokenClass == TokenClass.OUTPUT ? 0 : tokenClass.tokens(one.usage());
        }
        assertThat(prompt).isEqualTo(one.usage().prompt());
        assertThat(
                        one.lines().stream()
                                .filter(line -> line.unit() == Charge.Unit.MILLION_TOKENS)
                                .mapToLong(Charge.Line::quantity)
                                .sum())
                .isEqualTo(one.usage().total());
    }

    @Example
    void b36ACachedTokenIsChargedOnceAndAtItsOwnPrice() {
        // 1,000 tokens of prompt, 900 of them cached: 100 × 1 + 900 × 0.1 per million.
        ModelPrice price =
                new ModelPrice(
                        Rate.parse("1"),
                        Rate.parse("0.1"),
                        Rate.parse("1"),
                        Rate.parse("1"),
                        Rate.parse("2"));
        Usage usage = Usage.ofPrompt(1_000, 900, 10, 0);
        assertThat(new Case(usage, NO_CALLS, STANDARD, price).total())
                .isEqualTo(Money.parse("0.00021", USD));
    }

    @Example
    void g16ThePromptThatDecidesTheBandCountsCachedTokensOnce() {
        // 64,000 uncached and 63,999 cached stay below the band of 128,000; one more reaches it.
        ModelPrice price = twoBands();
        assertThat(
                        new Case(new Usage(64_000, 63_999, 0, 0, 0, 0), NO_CALLS, STANDARD, price)
                                .total())
                .isEqualTo(Money.parse("0.127999", USD));
        assertThat(
                        new Case(new Usage(64_000, 64_000, 0, 0, 0, 0), NO_CALLS, STANDARD, price)
                                .total())
                .isEqualTo(Money.parse("0.256", USD));
    }

    @Example
    void g9TheHoldIsPricedByTheBandTheTierAndTheClassThatThePromptCanHit() {
        ModelPrice price = twoBands();
        assertThat(bound(PromptBound.exactly(100_000), 1_000, STANDARD, price)).isEqualTo("0.102");
        assertThat(bound(PromptBound.exactly(128_000), 1_000, STANDARD, price)).isEqualTo("0.26");
        // An estimate that crosses the bound is held for at the next band.
        assertThat(bound(PromptBound.upTo(128_001), 1_000, STANDARD, price)).isEqualTo("0.260002");
        ModelPrice dear =
                new ModelPrice(
                        List.of(
                                new PriceBand(
                                        0,
                                        Map.of(
                                                STANDARD,
                                                rates("1", "0.1", "1.25", "2", "4"),
                                                ServiceTier.PRIORITY,
                                                rates("2", "0.2", "2.5", "4", "8")))),
                        new TreeMap<>(Map.of(ModelPrice.REQUEST, 1_000_000L)));
        assertThat(bound(PromptBound.exactly(1_000), 1_000, STANDARD, dear)).isEqualTo("0.007");
        assertThat(bound(PromptBound.exactly(1_000), 1_000, ServiceTier.PRIORITY, dear))
                .isEqualTo("0.013");
    }

    @Example
    void b28g17WhatHasNoPriceIsAnErrorAndNeverZero() {
        ModelPrice price = twoBands();
        assertThatThrownBy(
                        () -> Rating.total(Usage.NONE, NO_CALLS, ServiceTier.PRIORITY, price, USD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("priority has no price");
        assertThatThrownBy(
                        () ->
                                Rating.total(
                                        Usage.NONE,
                                        new TreeMap<>(Map.of("web_search", 1L)),
                                        STANDARD,
                                        price,
                                        USD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("web_search has no price");
    }

    @Example
    void aCallCostsItsPriceInTheSameSum() {
        ModelPrice price =
                new ModelPrice(
                        List.of(new PriceBand(0, Map.of(STANDARD, rates("1", "1", "1", "1", "2")))),
                        new TreeMap<>(Map.of("request", 250L, "web_search", 5_000_000L)));
        SortedMap<String, Long> calls = new TreeMap<>(Map.of("request", 1L, "web_search", 3L));
        Case one = new Case(Usage.ofPrompt(10, 0, 5, 0), calls, STANDARD, price);
        assertThat(one.total()).isEqualTo(Money.parse("0.01502025", USD));
        assertThat(one.lines())
                .extracting(Charge.Line::item, Charge.Line::quantity, line -> line.amount().nanos())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("input", 10L, 10_000L),
                        org.assertj.core.groups.Tuple.tuple("output", 5L, 10_000L),
                        org.assertj.core.groups.Tuple.tuple("request", 1L, 250L),
                        org.assertj.core.groups.Tuple.tuple("web_search", 3L, 15_000_000L));
        assertThat(price.callsOfARequest()).isEqualTo(Map.of("request", 1L));
    }

    @Example
    void productsBeyondSixtyFourBitsAreExact() {
        // 4 × 10⁹ tokens at 2 units each: the product is 8 × 10²⁴, the charge 8 × 10⁹ units.
        assertThat(output(4_000_000_000L, 2_000_000_000_000_000L).total().nanos())
                .isEqualTo(8_000_000_000_000_000_000L);
        ModelPrice calls =
                new ModelPrice(
                        List.of(new PriceBand(0, Map.of(STANDARD, rates("1", "1", "1", "1", "1")))),
                        new TreeMap<>(Map.of("hour", 10_000_000_000_000L)));
        assertThat(
                        Rating.total(
                                        Usage.NONE,
                                        new TreeMap<>(Map.of("hour", 7L)),
                                        STANDARD,
                                        calls,
                                        USD)
                                .nanos())
                .isEqualTo(70_000_000_000_000L);
    }

    @Example
    void aChargeBeyondTheRangeIsAnErrorAndNoSmallNumber() {
        Case one = output(5_000_000_000L, 2_000_000_000_000_000L);
        assertThatThrownBy(one::total).isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(
                        () ->
                                Rating.upperBound(
                                        PromptBound.exactly(0),
                                        5_000_000_000L,
                                        NO_CALLS,
                                        STANDARD,
                                        one.price(),
                                        USD))
                .isInstanceOf(ArithmeticException.class);
    }

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<Long> tokens =
                Arbitraries.frequencyOf(
                        Tuple.of(1, Arbitraries.just(0L)),
                        Tuple.of(4, Arbitraries.longs().between(0, 2_000)),
                        Tuple.of(2, Arbitraries.longs().between(0, 10_000_000)));
        Arbitrary<Usage> usages =
                Combinators.combine(tokens, tokens, tokens, tokens, tokens)
                        .as((a, b, c, d, output) -> new Usage(a, b, c, d, output, output / 2));
        Arbitrary<SortedMap<String, Long>> calls =
                Arbitraries.maps(
                                Arbitraries.of("request", "web_search", "image"),
                                Arbitraries.longs().between(0, 1_000))
                        .ofMaxSize(3)
                        .map(TreeMap::new);
        return Combinators.combine(usages, calls, Arbitraries.of(ServiceTier.class), prices())
                .as(Case::new);
    }

    private static Arbitrary<ModelPrice> prices() {
        Arbitrary<Rate> rate =
                Arbitraries.frequencyOf(
                                Tuple.of(1, Arbitraries.just(0L)),
                                Tuple.of(3, Arbitraries.longs().between(0, 3_000_000)),
                                Tuple.of(3, Arbitraries.longs().between(0, 100_000_000_000L)))
                        .map(Rate::new);
        Arbitrary<ClassRates> rates =
                Combinators.combine(rate, rate, rate, rate, rate).as(ClassRates::new);
        Arbitrary<Map<ServiceTier, ClassRates>> tiers =
                Combinators.combine(rates, rates, rates)
                        .as(
                                (standard, batch, priority) ->
                                        Map.of(
                                                STANDARD,
                                                standard,
                                                ServiceTier.BATCH,
                                                batch,
                                                ServiceTier.PRIORITY,
                                                priority));
        Arbitrary<List<Long>> bounds =
                Arbitraries.longs()
                        .between(1, 20_000)
                        .list()
                        .uniqueElements()
                        .ofMaxSize(3)
                        .map(list -> list.stream().sorted().toList());
        Arbitrary<Long> call = Arbitraries.longs().between(0, 1_000_000_000_000L);
        return Combinators.combine(tiers.list().ofSize(4), bounds, call, call, call)
                .as(
                        (each, from, request, search, image) -> {
                            List<PriceBand> bands = new ArrayList<>();
                            bands.add(new PriceBand(0, each.getFirst()));
                            for (int i = 0; i < from.size(); i++) {
                                bands.add(new PriceBand(from.get(i), each.get(i + 1)));
                            }
                            return new ModelPrice(
                                    bands,
                                    new TreeMap<>(
                                            Map.of(
                                                    "request",
                                                    request,
                                                    "web_search",
                                                    search,
                                                    "image",
                                                    image)));
                        });
    }

    @Provide
    Arbitrary<Long> halves() {
        return Arbitraries.longs().between(0, 1_000_000_000);
    }

    private static long rounded(Case one) {
        ClassRates rates =
                one.price().bands().reversed().stream()
                        .filter(band -> band.from() <= one.usage().prompt())
                        .findFirst()
                        .orElseThrow()
                        .tiers()
                        .getOrDefault(one.tier(), ClassRates.FREE);
        BigDecimal sum =
                exact(one.usage().inputUncached(), rates.input())
                        .add(exact(one.usage().cacheRead(), rates.cacheRead()))
                        .add(exact(one.usage().cacheWrite5m(), rates.cacheWrite5m()))
                        .add(exact(one.usage().cacheWrite1h(), rates.cacheWrite1h()))
                        .add(exact(one.usage().output(), rates.output()));
        for (Map.Entry<String, Long> call : one.calls().entrySet()) {
            sum =
                    sum.add(
                            BigDecimal.valueOf(call.getValue())
                                    .multiply(
                                            BigDecimal.valueOf(
                                                    one.price()
                                                            .callNanos()
                                                            .getOrDefault(call.getKey(), -1L))));
        }
        return sum.setScale(0, RoundingMode.HALF_EVEN).longValueExact();
    }

    private static BigDecimal exact(long tokens, Rate rate) {
        return BigDecimal.valueOf(tokens)
                .multiply(BigDecimal.valueOf(rate.nanosPerMillion()))
                .movePointLeft(6);
    }

    private static String bound(
            PromptBound prompt, long output, ServiceTier tier, ModelPrice price) {
        return Rating.upperBound(prompt, output, price.callsOfARequest(), tier, price, USD).text();
    }

    private static Case output(long tokens, long nanosPerMillion) {
        return new Case(
                Usage.NONE.withOutput(tokens, 0),
                NO_CALLS,
                STANDARD,
                new ModelPrice(
                        Rate.FREE, Rate.FREE, Rate.FREE, Rate.FREE, new Rate(nanosPerMillion)));
    }

    /// 1 a million for prompts below 128,000 tokens and 2 from there on; output twice that.
    private static ModelPrice twoBands() {
        return new ModelPrice(
                List.of(
                        new PriceBand(0, Map.of(STANDARD, rates("1", "1", "1", "1", "2"))),
                        new PriceBand(128_000, Map.of(STANDARD, rates("2", "2", "2", "2", "4")))),
                NO_CALLS);
    }

    private static ClassRates rates(
            String input, String cacheRead, String write5m, String write1h, String output) {
        return new ClassRates(
                Rate.parse(input),
                Rate.parse(cacheRead),
                Rate.parse(write5m),
                Rate.parse(write1h),
                Rate.parse(output));
    }
}
