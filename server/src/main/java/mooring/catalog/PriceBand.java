package mooring.catalog;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import mooring.inference.ServiceTier;

/// The prices of requests whose prompts are at least so long, for each service tier.
///
/// A request belongs to the highest band that its whole prompt reaches, cached tokens included, and
/// all its tokens are priced by that band.
///
/// @param from prompt tokens
public record PriceBand(long from, Map<ServiceTier, ClassRates> tiers) {

    public PriceBand {
        if (from < 0) {
            throw new IllegalArgumentException("band: from " + from + " (expected: 0 or more)");
        }
        if (!tiers.containsKey(ServiceTier.STANDARD)) {
            throw new IllegalArgumentException(
                    "band from " + from + ": no standard price (expected: one)");
        }
        tiers = Collections.unmodifiableMap(new EnumMap<>(tiers));
    }
}
