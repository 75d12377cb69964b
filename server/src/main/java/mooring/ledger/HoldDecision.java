package mooring.ledger;

import java.util.concurrent.CompletionStage;
import mooring.money.Money;

/// The answer to a wish to set money aside.
public sealed interface HoldDecision {

    /// The money is set aside; `hold` has the amount now held in all.
    record Granted(Hold hold) implements HoldDecision {}

    /// One purse cannot carry it.
    ///
    /// @param available what that purse could still carry
    record Refused(Purse purse, Money available) implements HoldDecision {}

    /// The store did not answer: nothing is admitted unpaid.
    record Unavailable(String reason) implements HoldDecision {}

    /// The answer needs the store. Completes with one of the other cases, never exceptionally.
    record Waiting(CompletionStage<HoldDecision> decision) implements HoldDecision {}
}
