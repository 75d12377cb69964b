package mooring.accounts;

import java.util.List;
import mooring.ids.OrganizationId;

/// From where each organization's keys may be used, as this node knows it: a memory read.
public interface KnownNetworks {

    /// Empty for everywhere.
    List<Network> networks(OrganizationId organization);
}
