package mooring.ledger;

import java.util.List;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Sets money aside before it is spent. Never blocks: what needs the store comes back as
/// [HoldDecision.Waiting].
public interface Holds {

    /// Sets `amount` aside for a request that holds nothing yet: in its wallet and in each of these
    /// budgets' periods, or nowhere.
    HoldDecision place(
            RequestId request, WalletId wallet, List<Purse.OfBudget> budgets, Money amount);

    /// Raises a running request's hold by `by`; a refusal leaves it as it was.
    HoldDecision extend(Hold hold, Money by);

    /// Ends a hold because its request's charge is written down. The lesser of both stays set aside
    /// until [#booked] says that the books have it; the rest is free at once.
    void charged(Hold hold, Money charge);

    /// Tells what a booking took from this life of this node's lease of a purse.
    ///
    /// @param charged the lesser of charge and hold, as [#charged] had set it aside; may be the sum
    ///   of many
    /// @param drawn what of it the books took from the lease: all of it, or nothing when the record
    ///   could not be booked
    void booked(Purse purse, Money charged, Money drawn);

    /// Gives a hold back because nothing is charged. Returns at once, and does nothing when the
    /// hold has ended before.
    void release(Hold hold);

    /// What the wallet can carry as far as this node knows, its own running holds and its charges
    /// not yet booked taken off; null when it knows nothing of it.
    @Nullable Money available(WalletId wallet);
}
