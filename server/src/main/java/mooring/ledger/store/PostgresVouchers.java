package mooring.ledger.store;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import mooring.ids.IdGenerator;
import mooring.ids.LotId;
import mooring.ids.OrganizationId;
import mooring.ids.VoucherId;
import mooring.ledger.LotKind;
import mooring.ledger.VoucherCode;
import mooring.ledger.Vouchers;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/// Vouchers in PostgreSQL. The statement that counts a redemption also holds the limit, so no two
/// can have the last one; an index keeps an organization from a second one. Count, redemption and
/// credit are one transaction.
///
/// Locks: the voucher, then the wallet as everywhere.
public final class PostgresVouchers implements Vouchers {

    /// So many in one call, at most.
    public static final int MAX_AT_ONCE = 1_000;

    private static final int MAX_REDEMPTIONS = 1_000_000_000;
    private static final int MAX_CREDIT_DAYS = 36_500;

    private static final String UNIQUE_VIOLATION = "23505";

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;
    private final SecureRandom random;

    public PostgresVouchers(Jdbi jdbi, Clock clock, IdGenerator ids, SecureRandom random) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = ids;
        this.random = random;
    }

    @Override
    public List<Made> create(Terms asked, int count) {
        Instant now = clock.now().truncatedTo(Instants.KEPT);
        Terms terms = checked(asked, now);
        if (count < 1 || count > MAX_AT_ONCE) {
            throw Checks.invalid("count", Integer.toString(count), "1.." + MAX_AT_ONCE);
        }
        List<Made> made = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            VoucherCode code = VoucherCode.generate(random);
            VoucherId id = new VoucherId(ids.next());
            made.add(new Made(new Voucher(id, code.hint(), terms, 0, now, null, State.OPEN), code));
        }
        jdbi.useTransaction(handle -> VoucherRows.insert(handle, made));
        return made;
    }

    @Override
    public List<Voucher> list(@Nullable VoucherId after, int limit) {
        return jdbi.withHandle(handle -> VoucherRows.list(handle, after, limit, clock.now()));
    }

    @Override
    public Optional<Voucher> revoke(VoucherId voucher) {
        return jdbi.inTransaction(handle -> VoucherRows.revoke(handle, voucher, clock.now()));
    }

    @Override
    public Redeemed redeem(
            OrganizationId organization, String typed, @Nullable String idempotencyKey) {
        VoucherCode code = code(typed);
        String key = idempotencyKey == null ? null : RedemptionRows.KEY_PREFIX + idempotencyKey;
        Checks.key(key);
        return Checks.answered(() -> redeem(organization, code, key));
    }

    private Redeemed redeem(OrganizationId organization, VoucherCode code, @Nullable String key) {
        try {
            return redeemOnce(organization, code, key);
        } catch (JdbiException e) {
            if (key == null || !UNIQUE_VIOLATION.equals(SqlFaults.state(e))) {
                throw e;
            }
            // The same key was used at the same moment; by now it can be found.
            return redeemOnce(organization, code, key);
        } catch (ProblemException refused) {
            if (key == null || !(refused.problem() instanceof Problem.Conflict)) {
                throw refused;
            }
            // The same key may have redeemed it at the same moment; its transaction is over by now.
            return jdbi.withHandle(
                            handle -> {
                                WalletRow wallet = WalletRow.find(handle, organization);
                                return RedemptionRows.earlier(handle, wallet, code, key);
                            })
                    .orElseThrow(() -> refused);
        }
    }

    private Redeemed redeemOnce(
            OrganizationId organization, VoucherCode code, @Nullable String key) {
        return jdbi.inTransaction(
                handle -> {
                    WalletRow wallet = WalletRow.find(handle, organization);
                    Optional<Redeemed> earlier = RedemptionRows.earlier(handle, wallet, code, key);
                    if (earlier.isPresent()) {
                        return earlier.get();
                    }
                    Instant now = clock.now();
                    Optional<Voucher> taken = VoucherRows.take(handle, code, wallet, now);
                    if (taken.isPresent()) {
                        return credit(handle, organization, wallet, taken.get(), key, now);
                    }
                    throw refusal(handle, code, wallet, now);
                });
    }

    private Redeemed credit(
            Handle handle,
            OrganizationId organization,
            WalletRow wallet,
            Voucher voucher,
            @Nullable String key,
            Instant now) {
        Terms terms = voucher.terms();
        Instant expiresAt = creditExpiry(terms, now);
        TransferNote note = new TransferNote(terms.reason(), voucher.id().toString(), key);
        return Checks.inRange(
                terms.amount(),
                () -> {
                    WalletBooks books = WalletBooks.open(handle, ids, now, List.of(wallet.id()));
                    WalletBooks.Granted granted =
                            books.grant(
                                    wallet.id(),
                                    new LotGrant(
                                            terms.kind(),
                                            terms.amount(),
                                            terms.priority(),
                                            expiresAt,
                                            note));
                    Redeemed redeemed =
                            new Redeemed(
                                    voucher.id(),
                                    granted.transfer(),
                                    new LotId(granted.lot()),
                                    terms.amount(),
                                    terms.kind(),
                                    expiresAt,
                                    granted.debtPaid(),
                                    false);
                    if (!RedemptionRows.insert(
                            handle, redeemed, organization, wallet.id(), voucher, now)) {
                        throw new ProblemException(
                                new Problem.Conflict(
                                        "code: voucher "
                                                + voucher.id()
                                                + " was redeemed by this organization before"
                                                + " (expected: once per organization)"));
                    }
                    books.write();
                    return redeemed;
                });
    }

    /// Why a voucher could not be taken.
    private static ProblemException refusal(
            Handle handle, VoucherCode code, WalletRow wallet, Instant now) {
        Optional<Voucher> found = VoucherRows.find(handle, code, now);
        if (found.isEmpty()) {
            return new ProblemException(
                    new Problem.NotFound(
                            "code: \""
                                    + code
                                    + "\" is no voucher here (expected: a code of this"
                                    + " installation)"));
        }
        Voucher voucher = found.get();
        Terms terms = voucher.terms();
        if (voucher.state() == State.OPEN && !terms.amount().currency().equals(wallet.currency())) {
            return Checks.invalid(
                    "code",
                    "voucher " + voucher.id() + " of " + terms.amount().currency(),
                    "one of " + wallet.currency() + ", the organization's currency");
        }
        String why =
                switch (voucher.state()) {
                    case REVOKED -> "was revoked at " + voucher.revokedAt();
                    case EXPIRED -> "expired at " + terms.validUntil();
                    case USED_UP ->
                            "is used up: redeemed "
                                    + voucher.redemptions()
                                    + " of "
                                    + terms.maxRedemptions()
                                    + " times";
                    case OPEN -> "changed meanwhile";
                };
        return new ProblemException(
                new Problem.Conflict(
                        "code: voucher "
                                + voucher.id()
                                + " "
                                + why
                                + " (expected: one that is still good)"));
    }

    private static VoucherCode code(String typed) {
        try {
            return VoucherCode.parse(typed);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    new Problem.InvalidRequest("code", "code: " + e.getMessage()), e);
        }
    }

    private static @Nullable Instant creditExpiry(Terms terms, Instant now) {
        Integer days = terms.creditDays();
        return days == null
                ? terms.creditExpiresAt()
                : Instants.kept(now.plus(Duration.ofDays(days)));
    }

    /// The terms as they are kept.
    private static Terms checked(Terms terms, Instant now) {
        Checks.text("reason", terms.reason(), Checks.MAX_REASON_CHARS);
        Checks.positive(terms.amount());
        Checks.priority(terms.priority());
        if (terms.kind() == LotKind.PAID) {
            throw Checks.invalid("kind", LotKind.PAID.text(), "promotional or allowance");
        }
        if (terms.maxRedemptions() < 1 || terms.maxRedemptions() > MAX_REDEMPTIONS) {
            throw Checks.invalid(
                    "max_redemptions",
                    Integer.toString(terms.maxRedemptions()),
                    "1.." + MAX_REDEMPTIONS);
        }
        Integer days = terms.creditDays();
        if (days != null && (days < 1 || days > MAX_CREDIT_DAYS)) {
            throw Checks.invalid("credit_days", days.toString(), "1.." + MAX_CREDIT_DAYS);
        }
        Instant expiresAt = Checks.future("credit_expires_at", terms.creditExpiresAt(), now);
        if (days != null && expiresAt != null) {
            throw Checks.invalid(
                    "credit_days",
                    days.toString(),
                    "none beside credit_expires_at, as the credit expires once");
        }
        Instant validUntil = Checks.future("valid_until", terms.validUntil(), now);
        if (expiresAt != null && (validUntil == null || validUntil.isAfter(expiresAt))) {
            // Nobody redeems what is worth nothing then.
            validUntil = expiresAt;
        }
        return new Terms(
                terms.amount(),
                terms.kind(),
                terms.priority(),
                expiresAt,
                days,
                terms.reason(),
                terms.maxRedemptions(),
                terms.oncePerOrganization(),
                validUntil);
    }
}
