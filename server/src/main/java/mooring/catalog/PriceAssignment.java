package mooring.catalog;

import java.time.Instant;
import mooring.ids.OrganizationId;
import org.jspecify.annotations.Nullable;

/// A period in which an organization has a price list of its own. Its past never changes.
///
/// @param from the first instant
/// @param to the instant after the last, null while no end is known
public record PriceAssignment(
        OrganizationId organization,
        String list,
        Instant from,
        @Nullable Instant to,
        Instant assignedAt) {

    public boolean covers(Instant at) {
        return !at.isBefore(from) && (to == null || at.isBefore(to));
    }
}
