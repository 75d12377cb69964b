package mooring.auth;

import java.util.concurrent.CompletionStage;
import mooring.accounts.Principal;
import mooring.problem.Problem;

/// What a credential turned out to be.
public sealed interface Identity {

    record Known(Principal principal) implements Identity {}

    record Refused(Problem problem) implements Identity {}

    /// The store has to be asked. Completes with one of the other cases, never exceptionally.
    record Waiting(CompletionStage<Identity> identity) implements Identity {}
}
