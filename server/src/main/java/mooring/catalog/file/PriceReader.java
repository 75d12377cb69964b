package mooring.catalog.file;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import mooring.catalog.ClassRates;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceBand;
import mooring.config.Yaml;
import mooring.config.YamlSection;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;
import mooring.money.Rate;
import org.jspecify.annotations.Nullable;

/// One model's entry in a price file: classes, tiers, bands and calls, held to exactly one price
/// for each.
final class PriceReader {

    private static final String RATE_EXPECTED =
            "the price of a million tokens as a decimal in quotes, as in \"0.20\"";
    private static final String CALL_EXPECTED =
            "the price of one call as a decimal in quotes, as in \"0.005\"";
    private static final String CALL_FORM = "[a-z][a-z0-9_]{0,62}";
    private static final int MAX_BAND = 2_000_000_000;

    private final SortedMap<String, Long> everyModelsCalls;

    /// @param everyModelsCalls the calls of every model that says nothing else
    PriceReader(SortedMap<String, Long> everyModelsCalls) {
        this.everyModelsCalls = everyModelsCalls;
    }

    /// The file's own calls.
    static SortedMap<String, Long> calls(YamlSection file) {
        return new TreeMap<>(calls(file, false));
    }

    @Nullable ModelPrice price(YamlSection section) {
        boolean free = section.flag("free", false);
        Set<TokenClass> freeClasses = section.choices("free_classes", TokenClass.class);
        if (free && !freeClasses.isEmpty()) {
            section.refuse("free_classes", "beside free: true", "one of the two");
        }
        if (free) {
            freeClasses = EnumSet.allOf(TokenClass.class);
        }
        SortedMap<String, Long> calls = new TreeMap<>(everyModelsCalls);
        if (free) {
            calls.replaceAll((_, _) -> 0L);
        }
        calls.putAll(calls(section, free));
        List<PriceBand> bands =
                section.has("bands")
                        ? bands(section, free, freeClasses)
                        : oneBand(section, free, freeClasses);
        section.finish();
        return bands == null || !section.sound() ? null : new ModelPrice(bands, calls);
    }

    private static @Nullable List<PriceBand> oneBand(
            YamlSection section, boolean free, Set<TokenClass> freeClasses) {
        Map<ServiceTier, ClassRates> tiers = tiers(section, free, freeClasses);
        return section.sound() ? List.of(new PriceBand(0, tiers)) : null;
    }

    private static @Nullable List<PriceBand> bands(
            YamlSection section, boolean free, Set<TokenClass> freeClasses) {
        List<PriceBand> bands = new ArrayList<>();
        Set<ServiceTier> tiers = Set.of();
        long below = -1;
        List<YamlSection> entries = section.sections("bands");
        if (entries.isEmpty() && section.sound()) {
            section.refuse("bands", "none", "at least one, from 0");
        }
        for (YamlSection entry : entries) {
            long from = from(entry, below);
            Map<ServiceTier, ClassRates> priced = tiers(entry, free, freeClasses);
            entry.finish();
            if (!entry.sound()) {
                below = Math.max(below, from);
                continue;
            }
            if (below < 0) {
                tiers = priced.keySet();
            } else if (!bands.isEmpty() && !priced.keySet().equals(tiers)) {
                entry.missing(
                        "tiers",
                        "prices for "
                                + String.join(", ", tiers.stream().map(ServiceTier::word).toList())
                                + " as in the band before, no more and no fewer");
                continue;
            }
            below = from;
            bands.add(new PriceBand(from, priced));
        }
        return section.sound() ? bands : null;
    }

    /// Bands are named by where they begin, so they leave no gap and do not overlap once they begin
    /// at 0 and each begins above the one before.
    private static long from(YamlSection entry, long below) {
        int from = entry.whole("from", 0, MAX_BAND, -1);
        if (from < 0) {
            if (!entry.has("from")) {
                entry.missing("from", "the prompt tokens from which these prices hold");
            }
            return below;
        }
        if (below < 0 && from != 0) {
            entry.refuse("from", from, "0 for the first band: shorter prompts would have no price");
        } else if (below >= 0 && from <= below) {
            entry.refuse(
                    "from",
                    from,
                    "above "
                            + below
                            + ", where the band before begins: longer prompts would have"
                            + " two prices");
        }
        return from;
    }

    private static Map<ServiceTier, ClassRates> tiers(
            YamlSection section, boolean free, Set<TokenClass> freeClasses) {
        Map<ServiceTier, ClassRates> tiers = new EnumMap<>(ServiceTier.class);
        put(tiers, ServiceTier.STANDARD, rates(section, free, freeClasses));
        for (ServiceTier tier : List.of(ServiceTier.BATCH, ServiceTier.PRIORITY)) {
            if (section.has(tier.word())) {
                YamlSection own = section.section(tier.word());
                put(tiers, tier, rates(own, free, freeClasses));
                own.finish();
            }
        }
        return tiers;
    }

    private static void put(
            Map<ServiceTier, ClassRates> tiers, ServiceTier tier, @Nullable ClassRates rates) {
        if (rates != null) {
            tiers.put(tier, rates);
        }
    }

    private static @Nullable ClassRates rates(
            YamlSection section, boolean free, Set<TokenClass> freeClasses) {
        Rate input = rate(section, TokenClass.INPUT, free, freeClasses, null);
        Rate cacheRead = rate(section, TokenClass.CACHE_READ, free, freeClasses, input);
        Rate cacheWrite5m = rate(section, TokenClass.CACHE_WRITE_5M, free, freeClasses, input);
        Rate cacheWrite1h = rate(section, TokenClass.CACHE_WRITE_1H, free, freeClasses, input);
        Rate output = rate(section, TokenClass.OUTPUT, free, freeClasses, null);
        return input == null
                        || cacheRead == null
                        || cacheWrite5m == null
                        || cacheWrite1h == null
                        || output == null
                ? null
                : new ClassRates(input, cacheRead, cacheWrite5m, cacheWrite1h, output);
    }

    private static @Nullable Rate rate(
            YamlSection section,
            TokenClass tokenClass,
            boolean free,
            Set<TokenClass> freeClasses,
            @Nullable Rate absent) {
        String name = tokenClass.word();
        boolean mayBeZero = freeClasses.contains(tokenClass);
        if (!section.has(name)) {
            Rate without = mayBeZero ? Rate.FREE : absent;
            if (without == null && section.sound()) {
                section.missing(name, RATE_EXPECTED);
            }
            return without;
        }
        Rate rate = decimal(section, name, RATE_EXPECTED);
        if (rate == null) {
            return null;
        }
        if (rate.free() && !mayBeZero) {
            section.refuse(
                    name,
                    "\"0\"",
                    "a price above 0; what is meant to be free stands under free_classes, or the"
                            + " whole model has free: true");
            return null;
        }
        if (!rate.free() && mayBeZero) {
            section.refuse(
                    name,
                    "\"" + rate.text() + "\"",
                    free ? "\"0\" beside free: true" : "\"0\", as it stands under free_classes");
            return null;
        }
        return rate;
    }

    private static Map<String, Long> calls(YamlSection of, boolean free) {
        Map<String, Long> calls = new TreeMap<>();
        YamlSection section = of.section("calls");
        for (String name : section.names()) {
            if (!name.matches(CALL_FORM)) {
                section.refuse(name, "no call's name", "a to z, then up to 62 of a-z, 0-9 and _");
            }
            Rate price = decimal(section, name, CALL_EXPECTED);
            if (price == null) {
                continue;
            }
            if (price.free() != free) {
                section.refuse(
                        name,
                        "\"" + price.text() + "\"",
                        free ? "\"0\" beside free: true" : "a price above 0, or no such call");
            } else {
                calls.put(name, price.nanosPerMillion());
            }
        }
        return calls;
    }

    /// A decimal in quotes. A bare number is refused: it would be binary floating point.
    private static @Nullable Rate decimal(YamlSection section, String name, String expected) {
        Yaml.Scalar written = section.scalar(name, expected);
        if (written == null) {
            return null;
        }
        return switch (written.kind()) {
            case TEXT -> {
                try {
                    yield Rate.parse(written.text());
                } catch (IllegalArgumentException _) {
                    section.refuse(
                            name,
                            written.shown(),
                            "a decimal from 0 with at most nine digits after the point, as in"
                                    + " \"0.20\"");
                    yield null;
                }
            }
            case NUMBER -> {
                section.refuse(
                        name,
                        written.shown(),
                        "\""
                                + written.text()
                                + "\" in quotes: a bare number is read as binary floating point,"
                                + " which cannot hold every decimal exactly");
                yield null;
            }
            case BOOLEAN, NOTHING -> {
                section.refuse(name, written.shown(), expected);
                yield null;
            }
        };
    }
}
