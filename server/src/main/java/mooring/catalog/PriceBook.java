package mooring.catalog;

import java.util.Map;
import java.util.Optional;
import mooring.ids.PriceVersionId;
import mooring.inference.ModelId;
import mooring.money.Currency;

/// The price versions on record. Blocking: for virtual threads, never for an event loop.
public interface PriceBook {

    /// The version in force, if any was published yet.
    Optional<PriceVersion> current();

    Optional<PriceVersion> find(PriceVersionId id);

    /// Publishes the next version, in force at once.
    PriceVersion publish(Currency currency, Map<ModelId, ModelPrice> prices);
}
