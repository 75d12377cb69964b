package mooring.catalog;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.money.Currency;
import org.jspecify.annotations.Nullable;

/// The price versions on record. Blocking: for virtual threads, never for an event loop.
public interface PriceBook {

    /// What is in force now and what comes next, for memory.
    PriceSnapshot snapshot();

    /// The version of a list in force at an instant, past ones included.
    Optional<PriceVersion> inForce(String list, Instant at);

    Optional<PriceVersion> find(PriceVersionId id);

    /// Publishes the next version of each list, all or none.
    ///
    /// @param routable the models on offer: each must have exactly one price for every class in
    ///   every tier that it offers and every band
    /// @param effectiveFrom null for at once; a past instant only begins a list that has no version
    /// @throws PricesRefusedException when they cannot be published
    List<PriceVersion> publish(
            List<PriceDraft> drafts, Catalog routable, @Nullable Instant effectiveFrom);

    /// The default list's version in force now, if any was published yet.
    Optional<PriceVersion> current();

    /// Publishes the default list's next version, in force at once.
    default PriceVersion publish(Currency currency, Map<ModelId, ModelPrice> prices) {
        return publish(
                        List.of(new PriceDraft(PriceVersion.DEFAULT_LIST, currency, prices)),
                        new Catalog(List.of()),
                        null)
                .getFirst();
    }
}
