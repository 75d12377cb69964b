package mooring.catalog.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.ParameterRules;
import mooring.catalog.PriceDiff;
import mooring.catalog.PriceDraft;
import mooring.catalog.PriceVersion;
import mooring.catalog.ReplicaSpec;
import mooring.config.ConfigException;
import mooring.config.ConfigText;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.money.Currency;
import mooring.money.Rate;
import org.junit.jupiter.api.Test;

class PriceFileTest {

    private static final ModelId A = new ModelId("a");

    @Test
    void pricesAreExactToTheNano() {
        PriceFile file =
                read(
                        """
                        currency: EUR
                        models:
                          a:
                            input: "0.05"
                            cache_read: "0.000000001"
                            cache_write_5m: "0.0625"
                            cache_write_1h: "1"
                            output: "12.50"
                        """);
        assertThat(file.currency()).isEqualTo(new Currency("EUR"));
        assertThat(file.prices())
                .isEqualTo(
                        Map.of(
                                A,
                                price(50_000_000, 1, 62_500_000, 1_000_000_000, 12_500_000_000L)));
    }

    @Test
    void cachedTokensCostWhatOthersCostUnlessTheFileSaysOtherwise() {
        assertThat(read(priced("{input: \"2\", output: \"3\"}")).prices())
                .isEqualTo(
                        Map.of(
                                A,
                                price(
                                        2_000_000_000L,
                                        2_000_000_000L,
                                        2_000_000_000L,
                                        2_000_000_000L,
                                        3_000_000_000L)));
    }

    @Test
    void aBareNumberIsNoPriceBecauseItWouldBeFloatingPoint() {
        refused(
                "{input: 0.05, output: \"0.2\", cache_read: 1}",
                "prices.yaml:3: models.a.input: 0.05 (expected: \"0.05\" in quotes: a bare number is"
                        + " read as binary floating point, which cannot hold every decimal exactly)",
                "prices.yaml:3: models.a.cache_read: 1 (expected: \"1\" in quotes: a bare number is"
                        + " read as binary floating point, which cannot hold every decimal"
                        + " exactly)");
    }

    @Test
    void aTextThatIsNoPlainDecimalIsNoPrice() {
        for (String text :
                List.of("1e3", "-1", "1,5", "$1", ".5", "1.", "0.0000000001", "99999999999")) {
            refused(
                    "{input: \"" + text + "\", output: \"1\"}",
                    "prices.yaml:3: models.a.input: \""
                            + text
                            + "\" (expected: a decimal from 0 with at most nine digits after the"
                            + " point, as in \"0.20\")");
        }
    }

    @Test
    void b28APriceOfZeroThatIsNotMeantToBeFreeIsRefused() {
        String zero =
                ": \"0\" (expected: a price above 0; what is meant to be free stands under"
                        + " free_classes, or the whole model has free: true)";
        refused(
                "{input: \"0\", output: \"0\"}",
                "prices.yaml:3: models.a.input" + zero,
                "prices.yaml:3: models.a.output" + zero);
        refused(
                "{input: \"1\", output: \"0.0\", free: false}",
                "prices.yaml:3: models.a.output" + zero);
        refused(
                "{input: \"1\", output: \"1\", priority: {input: \"0\", output: \"1\"}}",
                "prices.yaml:3: models.a.priority.input" + zero);
        refused(
                "{input: \"1\", output: \"1\", calls: {request: \"0\"}}",
                "prices.yaml:3: models.a.calls.request: \"0\" (expected: a price above 0, or no such"
                        + " call)");
    }

    @Test
    void freeIsSaidForAModelOrForAClass() {
        assertThat(read(priced("{input: \"0\", output: \"0\", free: true}")).prices())
                .isEqualTo(Map.of(A, price(0, 0, 0, 0, 0)));
        assertThat(read(priced("{free: true}")).prices())
                .isEqualTo(Map.of(A, price(0, 0, 0, 0, 0)));
        refused(
                "{input: \"0\", output: \"0\", cache_write_1h: \"0.1\", free: true}",
                "prices.yaml:3: models.a.cache_write_1h: \"0.1\" (expected: \"0\" beside free:"
                        + " true)");
        assertThat(
                        read(priced("{input: \"1\", output: \"2\", free_classes: [cache_read]}"))
                                .prices())
                .isEqualTo(
                        Map.of(
                                A,
                                price(
                                        1_000_000_000,
                                        0,
                                        1_000_000_000,
                                        1_000_000_000,
                                        2_000_000_000)));
        refused(
                "{input: \"1\", output: \"2\", cache_read: \"0.1\", free_classes: [cache_read]}",
                "prices.yaml:3: models.a.cache_read: \"0.1\" (expected: \"0\", as it stands under"
                        + " free_classes)");
    }

    @Test
    void tiersBandsAndCallsArePricedEach() {
        Map<ModelId, ModelPrice> prices =
                read("""
                                currency: USD
                                calls: {web_search: "0.005"}
                                models:
                                  a:
                                    calls: {request: "0.0001"}
                                    bands:
                                      - from: 0
                                        input: "1"
                                        output: "2"
                                        batch: {input: "0.5", output: "1"}
                                      - from: 128000
                                        input: "1.5"
                                        output: "3"
                                        batch: {input: "0.75", output: "1.5"}
                                """)
                        .prices();
        ModelPrice price = Objects.requireNonNull(prices.get(A));
        assertThat(price.rates(127_999, ServiceTier.STANDARD).input().text()).isEqualTo("1");
        assertThat(price.rates(128_000, ServiceTier.STANDARD).output().text()).isEqualTo("3");
        assertThat(price.rates(128_000, ServiceTier.BATCH).cacheRead().text()).isEqualTo("0.75");
        assertThat(price.offers(ServiceTier.PRIORITY)).isFalse();
        assertThat(price.callNanos())
                .containsExactly(
                        Map.entry("request", 100_000L), Map.entry("web_search", 5_000_000L));
    }

    @Test
    void b12OverlappingPriceItemsAreRefused() {
        refused(
                "{bands: [{from: 0, input: \"1\", output: \"1\"}, {from: 8, input: \"2\", output:"
                        + " \"2\"}, {from: 8, input: \"3\", output: \"3\"}]}",
                "prices.yaml:3: models.a.bands[2].from: 8 (expected: above 8, where the band before"
                        + " begins: longer prompts would have two prices)");
        refused(
                "{bands: [{from: 0, input: \"1\", input: \"2\", output: \"1\"}]}",
                "prices.yaml:3: models.a.bands[0].input: a second time (first in line 3)");
    }

    @Test
    void aGapBetweenBandsOrTiersIsRefused() {
        refused(
                "{bands: [{from: 8, input: \"1\", output: \"1\"}]}",
                "prices.yaml:3: models.a.bands[0].from: 8 (expected: 0 for the first band: shorter"
                        + " prompts would have no price)");
        refused(
                "{bands: [{from: 0, input: \"1\", output: \"1\", batch: {input: \"1\", output:"
                        + " \"1\"}}, {from: 8, input: \"2\", output: \"2\"}]}",
                "prices.yaml:3: models.a.bands[1].tiers: missing (expected: prices for standard,"
                        + " batch as in the band before, no more and no fewer)");
        refused(
                "{input: \"1\", bands: [{from: 0, input: \"1\", output: \"1\"}]}",
                "prices.yaml:3: models.a.input: unknown field (expected one of: free, free_classes,"
                        + " calls, bands)");
    }

    @Test
    void aListOfACustomerIsWholeFromTheDefaultOne() {
        PriceFile file =
                read(
                        """
                        currency: USD
                        models:
                          a: {input: "1", output: "2"}
                          b: {input: "3", output: "4"}
                        lists:
                          acme:
                            models:
                              b: {input: "2.5", output: "3.5"}
                        """);
        assertThat(file.drafts()).extracting(PriceDraft::list).containsExactly("default", "acme");
        PriceDraft acme = file.drafts().get(1);
        assertThat(acme.prices().get(A)).isEqualTo(file.prices().get(A));
        assertThat(
                        Objects.requireNonNull(acme.prices().get(new ModelId("b")))
                                .rates(0, ServiceTier.STANDARD)
                                .output()
                                .text())
                .isEqualTo("3.5");
        assertThatThrownBy(
                        () ->
                                read(
                                        """
                                        currency: USD
                                        models: {a: {free: true}}
                                        lists: {default: {models: {a: {free: true}}}}
                                        """))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("lists.default: no list's name");
    }

    @Test
    void everyOtherMistakeIsNamedWithItsLine() {
        assertThatThrownBy(
                        () ->
                                read(
                                        """
                                        currency: usd
                                        models:
                                          a:
                                            inptu: "1"
                                            output: "1"
                                          b: "1"
                                          c: {input: true, output: }
                                          "c d": {free: "yes"}
                                        price: 1
                                        """))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e ->
                                assertThat(e.mistakes())
                                        .containsExactly(
                                                "prices.yaml:1: currency: \"usd\" (expected: three"
                                                        + " capital letters, as in USD)",
                                                "prices.yaml:4: models.a.input: missing (expected:"
                                                        + " the price of a million tokens as a"
                                                        + " decimal in quotes, as in \"0.20\")",
                                                "prices.yaml:4: models.a.inptu: unknown field (did"
                                                        + " you mean input?)",
                                                "prices.yaml:6: models.b: \"1\" (expected: names"
                                                        + " with values)",
                                                "prices.yaml:7: models.c.input: true (expected: the"
                                                        + " price of a million tokens as a decimal"
                                                        + " in quotes, as in \"0.20\")",
                                                "prices.yaml:7: models.c.output: nothing (expected:"
                                                        + " the price of a million tokens as a"
                                                        + " decimal in quotes, as in \"0.20\")",
                                                "prices.yaml:8: models.c d: no model's name"
                                                        + " (expected: 1..200 letters, digits and ."
                                                        + " _ : / @ + -, a letter or digit first)",
                                                "prices.yaml:8: models.c d.free: \"yes\" (expected:"
                                                        + " true or false)",
                                                "prices.yaml:9: price: unknown field"
                                                        + " (expected one of: currency, calls, models,"
                                                        + " lists)"));
        assertThatThrownBy(() -> read(""))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "prices.yaml:1: currency: missing (expected: three capital letters, as in"
                                + " USD)");
    }

    @Test
    void aModelWithoutAPriceIsAGapByNameAndAPriceWithoutAModelIsAWarning() {
        PriceFile file = read(priced("{free: true}"));
        assertThat(file.gaps(catalog("b", "a")))
                .containsExactly(
                        "(default, b, input, standard, band from 0): no price (expected: exactly"
                                + " one)",
                        "(default, b, cache_read, standard, band from 0): no price (expected:"
                                + " exactly one)",
                        "(default, b, cache_write_5m, standard, band from 0): no price (expected:"
                                + " exactly one)",
                        "(default, b, cache_write_1h, standard, band from 0): no price (expected:"
                                + " exactly one)",
                        "(default, b, output, standard, band from 0): no price (expected: exactly"
                                + " one)");
        assertThat(file.warnings(catalog("b")))
                .containsExactly("prices: \"a\" is priced but not in the catalogue");
        assertThat(file.gaps(catalog("a"))).isEmpty();
        assertThat(file.warnings(catalog("a"))).isEmpty();
    }

    @Test
    void aBandThatNoPromptReachesIsAGap() {
        PriceFile file =
                read(
                        priced(
                                "{bands: [{from: 0, input: \"1\", output: \"1\"}, {from: 8, input:"
                                        + " \"2\", output: \"2\"}]}"));
        assertThat(file.gaps(catalog("a")))
                .containsExactly(
                        "(default, a, band from 8): no prompt reaches it (expected: bands below the"
                                + " window of 8 tokens)");
    }

    @Test
    void whatPublishingWouldChangeIsShown() {
        PriceFile file =
                read(
                        """
                        currency: EUR
                        models:
                          new: {input: "0.1", output: "0.2"}
                          a: {input: "0.05", output: "0.25", cache_read: "0.005"}
                        """);
        PriceVersion current =
                version(
                        Map.of(
                                A,
                                price(50_000_000, 50_000_000, 50_000_000, 50_000_000, 200_000_000),
                                new ModelId("old"),
                                price(0, 0, 0, 0, 0)));
        assertThat(diff(file, current))
                .containsExactly(
                        "currency: USD → EUR",
                        "a: cache_read: 0.05 → 0.005 (-90 %)",
                        "a: output: 0.2 → 0.25 (+25 %)",
                        "new: input: new, 0.1",
                        "new: cache_read: new, 0.1",
                        "new: cache_write_5m: new, 0.1",
                        "new: cache_write_1h: new, 0.1",
                        "new: output: new, 0.2",
                        "old: input: no longer priced, was 0",
                        "old: cache_read: no longer priced, was 0",
                        "old: cache_write_5m: no longer priced, was 0",
                        "old: cache_write_1h: no longer priced, was 0",
                        "old: output: no longer priced, was 0");
    }

    @Test
    void aNewBandShowsAsAChangeOfWhatItsPromptsCostBefore() {
        PriceFile file =
                read(
                        priced(
                                "{bands: [{from: 0, input: \"1\", output: \"2\"}, {from: 4, input:"
                                        + " \"1\", output: \"3\"}], calls: {request: \"0.001\"}}"));
        PriceVersion current =
                version(
                        Map.of(
                                A,
                                price(
                                        1_000_000_000,
                                        1_000_000_000,
                                        1_000_000_000,
                                        1_000_000_000,
                                        2_000_000_000)));
        assertThat(diff(file, current))
                .containsExactly("a: output, from 4: 2 → 3 (+50 %)", "a: call request: new, 0.001");
    }

    @Test
    void theSamePricesDifferInNothingHoweverTheyAreWritten() {
        PriceFile file = read(priced("{input: \"0.050\", output: \"1\"}"));
        PriceVersion current =
                version(
                        Map.of(
                                A,
                                price(
                                        50_000_000,
                                        50_000_000,
                                        50_000_000,
                                        50_000_000,
                                        1_000_000_000)));
        assertThat(diff(file, current)).isEmpty();
    }

    private static List<String> diff(PriceFile file, PriceVersion current) {
        return PriceDiff.between(current, file.drafts().getFirst()).sentences();
    }

    private static PriceFile read(String text) {
        return PriceFile.read(new ConfigText("prices.yaml", text, null));
    }

    private static String priced(String prices) {
        return "currency: USD\nmodels:\n  a: " + prices + "\n";
    }

    private static void refused(String prices, String... mistakes) {
        assertThatThrownBy(() -> read(priced(prices)))
                .isInstanceOfSatisfying(
                        ConfigException.class,
                        e -> assertThat(e.mistakes()).containsExactly(mistakes));
    }

    private static ModelPrice price(
            long input, long cacheRead, long cacheWrite5m, long cacheWrite1h, long output) {
        return new ModelPrice(
                new Rate(input),
                new Rate(cacheRead),
                new Rate(cacheWrite5m),
                new Rate(cacheWrite1h),
                new Rate(output));
    }

    private static PriceVersion version(Map<ModelId, ModelPrice> prices) {
        return new PriceVersion(
                new PriceVersionId(new UUID(0, 1)),
                1,
                "default",
                Currency.USD,
                Instant.EPOCH,
                Instant.EPOCH,
                prices);
    }

    private static Catalog catalog(String... ids) {
        return new Catalog(
                List.of(ids).stream()
                        .map(
                                id ->
                                        new Model(
                                                new ModelId(id),
                                                "me",
                                                8,
                                                8,
                                                8,
                                                Set.of(),
                                                ParameterRules.NONE,
                                                Set.of(),
                                                List.<ReplicaSpec>of()))
                        .toList());
    }
}
