package mooring.catalog;

import org.jspecify.annotations.Nullable;

/// The price version in force, as the request path reads it: one volatile field, replaced whole.
public final class Prices {

    private volatile @Nullable PriceVersion current;

    public @Nullable PriceVersion current() {
        return current;
    }

    public void use(PriceVersion version) {
        current = version;
    }
}
