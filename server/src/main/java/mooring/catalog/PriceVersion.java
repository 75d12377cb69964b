package mooring.catalog;

import java.time.Instant;
import java.util.Map;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.money.Currency;
import org.jspecify.annotations.Nullable;

/// A published set of prices of one list. It never changes; a correction is a later version.
///
/// @param number counts versions over all lists from 1, for people
/// @param list whose price list it is of; the default one has every customer without its own
/// @param effectiveFrom the first instant whose requests it prices, until a later one's
public record PriceVersion(
        PriceVersionId id,
        int number,
        String list,
        Currency currency,
        Instant effectiveFrom,
        Instant publishedAt,
        Map<ModelId, ModelPrice> prices) {

    /// The list of every organization that was not assigned another.
    public static final String DEFAULT_LIST = "default";

    /// What names a list: letters in lower case, digits, `_` and `-`.
    public static final String LIST_FORM = "[a-z0-9][a-z0-9_-]{0,62}";

    public PriceVersion {
        prices = Map.copyOf(prices);
    }

    public @Nullable ModelPrice price(ModelId model) {
        return prices.get(model);
    }
}
