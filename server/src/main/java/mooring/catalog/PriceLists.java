package mooring.catalog;

import java.time.Instant;
import java.util.List;
import mooring.ids.OrganizationId;
import org.jspecify.annotations.Nullable;

/// Who has which price list, and when. Blocking: for virtual threads, never for an event loop.
public interface PriceLists {

    /// Gives the organization the list for `[from, to)`. An assignment without an end that it
    /// follows ends where it begins; the past never changes.
    ///
    /// @param from null for at once
    /// @param to null while no end is known
    /// @throws PricesRefusedException when the period began already or overlaps another, or the
    ///   list has no price in force at its beginning
    PriceAssignment assign(
            OrganizationId organization, String list, @Nullable Instant from, @Nullable Instant to);

    /// Every assignment of the organization, the earliest first.
    List<PriceAssignment> of(OrganizationId organization);
}
