package mooring.catalog;

import java.time.Instant;
import java.util.Map;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.money.Currency;
import org.jspecify.annotations.Nullable;

/// A published set of prices. It never changes; a correction is a later version.
///
/// @param number counts versions from 1, for people
public record PriceVersion(
        PriceVersionId id,
        int number,
        Currency currency,
        Instant effectiveFrom,
        Map<ModelId, ModelPrice> prices) {

    public PriceVersion {
        prices = Map.copyOf(prices);
    }

    public @Nullable ModelPrice price(ModelId model) {
        return prices.get(model);
    }
}
