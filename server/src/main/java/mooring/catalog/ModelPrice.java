package mooring.catalog;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import mooring.inference.ServiceTier;
import mooring.money.Rate;

/// What a model costs: a rate for every token class in every service tier and context band, and the
/// price of each named call.
///
/// @param bands ascending from 0, without a gap; all price the same tiers
/// @param callNanos the price of one call in nano units, by its name
public record ModelPrice(List<PriceBand> bands, SortedMap<String, Long> callNanos) {

    /// The call that every request is: a price under this name is charged once a request.
    public static final String REQUEST = "request";

    private static final SortedMap<String, Long> NO_CALLS =
            Collections.unmodifiableSortedMap(new TreeMap<>());
    private static final SortedMap<String, Long> ONE_REQUEST =
            Collections.unmodifiableSortedMap(new TreeMap<>(Map.of(REQUEST, 1L)));

    public ModelPrice {
        bands = List.copyOf(bands);
        callNanos = Collections.unmodifiableSortedMap(new TreeMap<>(callNanos));
        if (bands.isEmpty() || bands.getFirst().from() != 0) {
            throw new IllegalArgumentException(
                    "bands: "
                            + (bands.isEmpty() ? "none" : "first from " + bands.getFirst().from())
                            + " (expected: the first from 0, so that no prompt is without price)");
        }
        for (int i = 1; i < bands.size(); i++) {
            PriceBand below = bands.get(i - 1);
            PriceBand band = bands.get(i);
            if (band.from() <= below.from()) {
                throw new IllegalArgumentException(
                        "bands: from "
                                + band.from()
                                + " after from "
                                + below.from()
                                + " (expected: ascending, each once)");
            }
            if (!band.tiers().keySet().equals(below.tiers().keySet())) {
                throw new IllegalArgumentException(
                        "band from "
                                + band.from()
                                + ": tiers "
                                + band.tiers().keySet()
                                + " (expected: "
                                + below.tiers().keySet()
                                + ", as in the other bands)");
            }
        }
        callNanos.forEach(
                (name, nanos) -> {
                    if (nanos < 0) {
                        throw new IllegalArgumentException(
                                "calls." + name + ": " + nanos + " nano (expected: 0 or more)");
                    }
                });
    }

    /// One price a class, whatever the prompt's length, in the standard tier alone.
    public ModelPrice(
            Rate input, Rate cacheRead, Rate cacheWrite5m, Rate cacheWrite1h, Rate output) {
        this(new ClassRates(input, cacheRead, cacheWrite5m, cacheWrite1h, output));
    }

    public ModelPrice(ClassRates standard) {
        this(
                List.of(new PriceBand(0, new EnumMap<>(Map.of(ServiceTier.STANDARD, standard)))),
                NO_CALLS);
    }

    public Set<ServiceTier> tiers() {
        return bands.getFirst().tiers().keySet();
    }

    public boolean offers(ServiceTier tier) {
        return bands.getFirst().tiers().containsKey(tier);
    }

    /// The rates of a request with so many prompt tokens, of every class together.
    ///
    /// @throws IllegalArgumentException when the tier has no price: nothing is free by omission
    public ClassRates rates(long promptTokens, ServiceTier tier) {
        return rates(bands.get(band(promptTokens)), tier);
    }

    /// The band's rates in a tier.
    ///
    /// @throws IllegalArgumentException when the tier has no price
    public ClassRates rates(PriceBand band, ServiceTier tier) {
        ClassRates rates = band.tiers().get(tier);
        if (rates == null) {
            throw new IllegalArgumentException(
                    "service tier: " + tier + " has no price (expected: one of " + tiers() + ")");
        }
        return rates;
    }

    /// The position of the one band that a prompt of so many tokens belongs to.
    public int band(long promptTokens) {
        for (int i = bands.size() - 1; i > 0; i--) {
            if (promptTokens >= bands.get(i).from()) {
                return i;
            }
        }
        return 0;
    }

    /// The longest prompt of a band, by its position.
    public long longest(int band) {
        return band + 1 < bands.size() ? bands.get(band + 1).from() - 1 : Long.MAX_VALUE;
    }

    /// What every request counts as calls, before any tool of ours adds to them.
    public SortedMap<String, Long> callsOfARequest() {
        return callNanos.containsKey(REQUEST) ? ONE_REQUEST : NO_CALLS;
    }

    public boolean free() {
        return bands.stream()
                        .flatMap(band -> band.tiers().values().stream())
                        .allMatch(ClassRates.FREE::equals)
                && callNanos.values().stream().allMatch(nanos -> nanos == 0);
    }
}
