package mooring.accounts;

import java.util.List;
import java.util.Optional;
import mooring.ids.OrganizationId;

/// The networks on record from which organizations' keys may be used. Blocking: for virtual
/// threads, never for an event loop. A change is in force on every node within a second.
public interface Allowlists {

    /// How many an organization may name.
    int MAX_NETWORKS = 100;

    /// Empty when there is no such organization; an empty list for everywhere.
    Optional<List<Network>> of(OrganizationId organization);

    /// Replaces them all.
    void set(OrganizationId organization, List<Network> networks);
}
