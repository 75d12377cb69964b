package mooring.ledger;

import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Wallets as people see them. Blocking: for virtual threads, never for an event loop.
public interface Wallets {

    /// Where credited money comes from.
    enum Source {
        /// Paid in outside, as a bank transfer is, and recorded by an operator.
        PAID,
        /// Given away; contra revenue once it is spent.
        PROMOTIONAL
    }

    /// One credit as it was booked. `replayed` when the idempotency key had been used for the same
    /// credit before and nothing moved now.
    record Credited(TransferId transfer, Money amount, Balance balance, boolean replayed) {}

    /// @throws mooring.problem.ProblemException when the amount is not above zero, the currency is
    ///   not the wallet's, the reason is empty, the organization is unknown, or the idempotency key
    ///   was used for another credit
    Credited credit(
            OrganizationId organization,
            Money amount,
            Source source,
            String reason,
            @Nullable String idempotencyKey);

    Optional<Balance> balance(OrganizationId organization);
}
