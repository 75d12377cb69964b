package mooring.catalog;

import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import mooring.ids.OrganizationId;
import org.jspecify.annotations.Nullable;

/// The published prices as the request path reads them: one volatile field, replaced whole.
public final class Prices {

    private volatile PriceSnapshot snapshot = PriceSnapshot.EMPTY;

    /// What prices the organization's requests admitted at the instant; null when nothing does.
    public @Nullable PriceVersion forOrganization(OrganizationId organization, Instant at) {
        return snapshot.forOrganization(organization, at);
    }

    /// The default list's version in force at the instant.
    public @Nullable PriceVersion at(Instant at) {
        return snapshot.inForce(PriceVersion.DEFAULT_LIST, at);
    }

    public PriceSnapshot snapshot() {
        return snapshot;
    }

    /// Read and taken up by one at a time, so that an older reading never replaces a newer one.
    public synchronized void refresh(Supplier<PriceSnapshot> reading) {
        snapshot = reading.get();
    }

    /// Only this version, for every organization.
    public void use(PriceVersion version) {
        refresh(() -> new PriceSnapshot(List.of(version), List.of()));
    }
}
