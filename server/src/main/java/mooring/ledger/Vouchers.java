package mooring.ledger;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import mooring.ids.LotId;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ids.VoucherId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Codes that credit a wallet, once or a limited number of times. Blocking: for virtual threads,
/// never for an event loop.
public interface Vouchers {

    /// What a voucher promises; never changed once it is made.
    ///
    /// @param kind of the lot that it credits; not paid
    /// @param priority of that lot: drawn before lots of a higher number
    /// @param creditExpiresAt when that lot expires; null when it does not, or by `creditDays`
    /// @param creditDays days of 24 hours from the redemption until that lot expires, or null
    /// @param reason kept with each transfer
    /// @param maxRedemptions how often it can be redeemed, by all together
    /// @param oncePerOrganization whether each organization can redeem it only once
    /// @param validUntil the first instant at which it cannot be redeemed any more, or null
    record Terms(
            Money amount,
            LotKind kind,
            int priority,
            @Nullable Instant creditExpiresAt,
            @Nullable Integer creditDays,
            String reason,
            int maxRedemptions,
            boolean oncePerOrganization,
            @Nullable Instant validUntil) {}

    enum State {
        OPEN,
        USED_UP,
        EXPIRED,
        REVOKED
    }

    /// @param hint what its code begins with
    record Voucher(
            VoucherId id,
            String hint,
            Terms terms,
            int redemptions,
            Instant createdAt,
            @Nullable Instant revokedAt,
            State state) {}

    /// A new voucher with its code, which nobody can ask for again.
    record Made(Voucher voucher, VoucherCode code) {}

    /// What a redemption credited.
    ///
    /// @param debtPaid what of the amount went to an earlier debt
    /// @param replayed whether the idempotency key had been used for the same redemption before and
    ///   nothing moved now
    record Redeemed(
            VoucherId voucher,
            TransferId transfer,
            LotId lot,
            Money amount,
            LotKind kind,
            @Nullable Instant expiresAt,
            Money debtPaid,
            boolean replayed) {}

    /// Makes so many vouchers of the same terms, all or none.
    ///
    /// @throws mooring.problem.ProblemException when the terms cannot be kept
    List<Made> create(Terms terms, int count);

    /// Oldest first.
    List<Voucher> list(@Nullable VoucherId after, int limit);

    /// Ends a voucher; what was redeemed stays. Empty when there is no such voucher.
    Optional<Voucher> revoke(VoucherId voucher);

    /// Credits the organization's wallet as the voucher promises.
    ///
    /// @param code as somebody typed it
    /// @throws mooring.problem.ProblemException when the code is malformed or unknown, the voucher
    ///   expired, revoked, used up, already redeemed by this organization or of another currency,
    ///   or the idempotency key was used for something else; nothing moves then
    Redeemed redeem(OrganizationId organization, String code, @Nullable String idempotencyKey);
}
