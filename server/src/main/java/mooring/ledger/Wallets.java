package mooring.ledger;

import java.time.Instant;
import java.util.Optional;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Wallets, and the money that an operator moves by hand. Blocking: for virtual threads, never for
/// an event loop.
public interface Wallets {

    /// Money to be added.
    ///
    /// @param kind where it comes from: paid in outside and recorded by an operator, given, or
    ///   included in something else
    /// @param priority of its lot: drawn before lots of a higher number
    /// @param expiresAt the first instant at which it is worth nothing; null when it never expires
    record Credit(
            Money amount,
            LotKind kind,
            int priority,
            @Nullable Instant expiresAt,
            String reason,
            @Nullable String idempotencyKey) {}

    /// One credit as it was booked. `replayed` when the idempotency key had been used for the same
    /// credit before and nothing moved now.
    record Credited(TransferId transfer, Money amount, Balance balance, boolean replayed) {}

    /// One charge-back as it was booked.
    ///
    /// @param owed what the wallet owes now
    /// @param replayed as of [Credited]
    record ChargedBack(TransferId transfer, Money amount, Money owed, boolean replayed) {}

    /// Adds money; an earlier debt is paid first.
    ///
    /// @throws mooring.problem.ProblemException when the amount is not above zero, the currency is
    ///   not the wallet's, the expiry is past, the reason is empty, the organization is unknown, or
    ///   the idempotency key was used for another credit
    Credited credit(OrganizationId organization, Credit credit);

    /// Adds money that never expires.
    default Credited credit(
            OrganizationId organization,
            Money amount,
            LotKind kind,
            String reason,
            @Nullable String idempotencyKey) {
        return credit(
                organization,
                new Credit(amount, kind, kind.priority(), null, reason, idempotencyKey));
    }

    /// Takes money back whose payment was reversed outside; what the wallet does not have is owed.
    ///
    /// @throws mooring.problem.ProblemException as of [#credit]
    ChargedBack chargeBack(
            OrganizationId organization,
            Money amount,
            String reason,
            @Nullable String idempotencyKey);

    /// The wallet as it is booked; what its owner is shown is in [Balances].
    Optional<Balance> balance(OrganizationId organization);
}
