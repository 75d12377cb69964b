package mooring.catalog;

import java.util.Map;
import mooring.inference.ModelId;
import mooring.money.Currency;

/// A list's prices before they are published: every model of the list, whole.
public record PriceDraft(String list, Currency currency, Map<ModelId, ModelPrice> prices) {

    public PriceDraft {
        if (!list.matches(PriceVersion.LIST_FORM)) {
            throw new IllegalArgumentException(
                    "list: \""
                            + list
                            + "\" (expected: 1 to 63 of a-z, 0-9, _ and -, first no _ or -)");
        }
        prices = Map.copyOf(prices);
    }
}
