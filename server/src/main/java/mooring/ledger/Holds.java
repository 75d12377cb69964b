package mooring.ledger;

import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.money.Money;

/// Sets money aside before it is spent. Never blocks: what needs the store comes back as
/// [HoldDecision.Waiting].
public interface Holds {

    /// Sets `amount` aside for a request that holds nothing yet.
    HoldDecision place(RequestId request, WalletId wallet, Money amount);

    /// Raises a running request's hold by `by`; a refusal leaves it as it was.
    HoldDecision extend(Hold hold, Money by);

    /// Gives a hold back because nothing is charged. Returns at once, is retried until it is done
    /// or this process ends, and does nothing when the request was settled or released before.
    void release(Hold hold);
}
