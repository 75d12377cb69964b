package mooring.routing;

import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import org.jspecify.annotations.Nullable;

/// What a request asks of the choice of a replica.
///
/// @param affinity what its prompt has in common with others; null where nothing is known of it
public record Wish(ModelId model, ServiceTier tier, @Nullable Affinity affinity) {

    /// Somebody who wants nothing but the model.
    public static Wish of(ModelId model) {
        return new Wish(model, ServiceTier.STANDARD, null);
    }
}
