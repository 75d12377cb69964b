package mooring.api.management;

import java.security.MessageDigest;
import java.util.concurrent.CompletionStage;
import mooring.accounts.KeyHash;
import mooring.auth.Authenticator;
import mooring.auth.Identity;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// Whether a credential is the operator's. A customer's key is recognised only to say clearly that
/// it is the wrong kind; it never opens anything here.
final class OperatorAccess {

    sealed interface Decision {

        record Granted() implements Decision {}

        record Refused(Problem problem) implements Decision {}

        /// Completes with one of the other cases.
        record Waiting(CompletionStage<Decision> decision) implements Decision {}
    }

    private static final Decision GRANTED = new Decision.Granted();
    private static final Decision UNKNOWN = new Decision.Refused(new Problem.InvalidApiKey());
    private static final Decision WRONG_KIND =
            new Decision.Refused(
                    new Problem.Forbidden(
                            "an organization's API key cannot manage this installation (expected:"
                                    + " the operator key, from the file operator-key of the data"
                                    + " folder)"));

    private final byte[] operatorHash;
    private final Authenticator authenticator;

    OperatorAccess(KeyHash operatorKey, Authenticator authenticator) {
        this.operatorHash = operatorKey.bytes();
        this.authenticator = authenticator;
    }

    Decision decide(@Nullable String credential) {
        if (credential == null) {
            return UNKNOWN;
        }
        // In constant time: how far two hashes agree must not be measurable.
        if (MessageDigest.isEqual(operatorHash, KeyHash.of(credential).bytes())) {
            return GRANTED;
        }
        return refusal(authenticator.identify(credential));
    }

    private static Decision refusal(Identity identity) {
        return switch (identity) {
            case Identity.Known _ -> WRONG_KIND;
            case Identity.Refused(Problem problem) -> new Decision.Refused(problem);
            case Identity.Waiting(CompletionStage<Identity> later) ->
                    new Decision.Waiting(later.thenApply(OperatorAccess::refusal));
        };
    }
}
