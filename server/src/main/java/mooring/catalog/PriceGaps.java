package mooring.catalog;

import java.util.ArrayList;
import java.util.List;
import mooring.inference.ServiceTier;
import mooring.inference.TokenClass;

/// What keeps prices from being published: a model on offer that could not be charged for.
public final class PriceGaps {

    private PriceGaps() {}

    /// A sentence for each (list, model, class, tier, band) of a model on offer that has not
    /// exactly one price. Two prices for one cannot be: [ModelPrice] does not hold them.
    public static List<String> of(PriceDraft draft, Catalog routable) {
        List<String> gaps = new ArrayList<>();
        for (Model model : routable.models()) {
            ModelPrice price = draft.prices().get(model.id());
            List<Long> bands =
                    price == null
                            ? List.of(0L)
                            : price.bands().stream().map(PriceBand::from).toList();
            for (long from : bands) {
                if (from >= model.contextLength()) {
                    gaps.add(
                            "("
                                    + draft.list()
                                    + ", "
                                    + model.id()
                                    + ", band from "
                                    + from
                                    + "): no prompt reaches it (expected: bands below the window of "
                                    + model.contextLength()
                                    + " tokens)");
                }
                for (ServiceTier tier : model.tiers()) {
                    if (price == null || !price.offers(tier)) {
                        for (TokenClass tokenClass : TokenClass.values()) {
                            gaps.add(
                                    "("
                                            + draft.list()
                                            + ", "
                                            + model.id()
                                            + ", "
                                            + tokenClass
                                            + ", "
                                            + tier
                                            + ", band from "
                                            + from
                                            + "): no price (expected: exactly one)");
                        }
                    }
                }
            }
        }
        return gaps;
    }
}
