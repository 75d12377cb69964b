package mooring.auth;

import java.util.List;
import java.util.Optional;
import mooring.accounts.Allowlists;
import mooring.accounts.KnownNetworks;
import mooring.accounts.Network;
import mooring.ids.OrganizationId;

/// From where an organization's keys may be used.
///
/// @param known as this node has heard, for keys of which it has heard
/// @param recorded as it stands in the store, for keys that are looked up there
public record AllowedNetworks(KnownNetworks known, Allowlists recorded) {

    /// Everywhere, for everybody.
    public static final AllowedNetworks EVERYWHERE =
            new AllowedNetworks(
                    _ -> List.of(),
                    new Allowlists() {
                        @Override
                        public Optional<List<Network>> of(OrganizationId organization) {
                            return Optional.of(List.of());
                        }

                        @Override
                        public void set(OrganizationId organization, List<Network> networks) {
                            throw new UnsupportedOperationException("everywhere");
                        }
                    });

    List<Network> heard(OrganizationId organization) {
        return known.networks(organization);
    }

    /// Blocking.
    List<Network> written(OrganizationId organization) {
        return recorded.of(organization).orElse(List.of());
    }
}
