package mooring.admission;

import java.time.Instant;
import mooring.accounts.Principal;
import mooring.catalog.Model;
import mooring.catalog.ModelPrice;
import mooring.catalog.PriceVersion;
import mooring.ids.RequestId;
import mooring.inference.Request;
import mooring.ledger.Hold;
import mooring.limits.Permit;

/// A request that may run, with the money set aside and everything that was decided once.
///
/// @param maxTokens output tokens per choice, at most
/// @param promptBound the most tokens that the prompt should have
/// @param heldOutput output tokens, over all choices, that the hold covers beside the prompt
/// @param permit its place in every limit, to be given back once at its end
public record Admitted(
        RequestId id,
        Principal principal,
        Request request,
        Model model,
        PriceVersion priceVersion,
        ModelPrice price,
        Instant admittedAt,
        long maxTokens,
        long promptBound,
        long heldOutput,
        Permit permit,
        Hold hold) {

    /// The same without the prompt, for the time when no engine needs it any more.
    public Admitted withoutPrompt() {
        return new Admitted(
                id,
                principal,
                request.withoutPrompt(),
                model,
                priceVersion,
                price,
                admittedAt,
                maxTokens,
                promptBound,
                heldOutput,
                permit,
                hold);
    }
}
