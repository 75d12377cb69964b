package mooring.catalog.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.ParameterRules;
import mooring.catalog.PriceVersion;
import mooring.catalog.ReplicaSpec;
import mooring.config.ConfigException;
import mooring.config.ConfigText;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
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
    void freeIsSaidNotSlippedInto() {
        String missing =
                "prices.yaml:3: models.a.free: missing (expected: free: true, since every price is"
                        + " 0)";
        refused("{input: \"0\", output: \"0\"}", missing);
        refused("{input: \"0\", output: \"0.0\", free: false}", missing);
        assertThat(read(priced("{input: \"0\", output: \"0\", free: true}")).prices())
                .isEqualTo(Map.of(A, price(0, 0, 0, 0, 0)));
        assertThat(read(priced("{free: true}")).prices())
                .isEqualTo(Map.of(A, price(0, 0, 0, 0, 0)));
        refused(
                "{input: \"0\", output: \"0\", cache_write_1h: \"0.1\", free: true}",
                "prices.yaml:3: models.a.free: true beside a price (expected: every price \"0\", or"
                        + " no free)");
        assertThat(read(priced("{input: \"0\", output: \"1\"}")).prices()).containsKey(A);
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
                                                        + " (expected one of: currency, models)"));
        assertThatThrownBy(() -> read(""))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(
                        "prices.yaml:1: currency: missing (expected: three capital letters, as in"
                                + " USD)");
    }

    @Test
    void aModelWithoutAPriceIsMissingAndAPriceWithoutAModelIsAWarning() {
        PriceFile file = read(priced("{free: true}"));
        assertThat(PriceFile.missing(catalog("b", "a", "c"), file.prices()))
                .containsExactly(new ModelId("b"), new ModelId("c"));
        assertThat(file.warnings(catalog("b")))
                .containsExactly("prices: \"a\" is priced but not in the catalogue");
        assertThat(PriceFile.missing(catalog("a"), file.prices())).isEmpty();
        assertThat(file.warnings(catalog("a"))).isEmpty();
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
        assertThat(file.diff(current))
                .containsExactly(
                        "currency: USD → EUR",
                        "a: cache_read 0.05 → 0.005",
                        "a: output 0.2 → 0.25",
                        "new: new, input 0.1, cache_read 0.1, cache_write_5m 0.1, cache_write_1h"
                                + " 0.1, output 0.2",
                        "old: no longer priced, was input 0, cache_read 0, cache_write_5m 0,"
                                + " cache_write_1h 0, output 0");
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
        assertThat(file.diff(current)).isEmpty();
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
                new PriceVersionId(new UUID(0, 1)), 1, Currency.USD, Instant.EPOCH, prices);
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
