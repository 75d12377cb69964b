package mooring.auth;

import java.util.List;
import java.util.concurrent.CompletionStage;
import mooring.accounts.Network;
import mooring.accounts.Principal;
import mooring.problem.Problem;

/// What a credential turned out to be.
public sealed interface Identity {

    /// @param allowed from where it may be used; empty for everywhere
    record Known(Principal principal, List<Network> allowed) implements Identity {

        public Known {
            allowed = List.copyOf(allowed);
        }

        /// Whether it may be used from this address.
        public boolean mayComeFrom(String address) {
            return allowed.isEmpty()
                    || allowed.stream().anyMatch(network -> network.contains(address));
        }
    }

    record Refused(Problem problem) implements Identity {}

    /// The store has to be asked. Completes with one of the other cases, never exceptionally.
    record Waiting(CompletionStage<Identity> identity) implements Identity {}
}
