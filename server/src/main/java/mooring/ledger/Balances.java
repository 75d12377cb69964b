package mooring.ledger;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.money.Money;
import mooring.time.Deadline;

/// What wallets have to spend: the books, and what this node knows before them. So leased money
/// that nobody uses counts as available, and an answer that this node gave is in the balance that
/// it shows next, booked or not; what other nodes have in use is as they said last. Blocking: for
/// virtual threads, never for an event loop.
public final class Balances {

    /// A part of a wallet's money.
    public record Part(LotKind kind, Money remaining) {}

    /// A wallet in the books at one instant.
    ///
    /// @param leasedHere what this life of this node has leased of it, in nano units
    /// @param inUseElsewhere what all others said that they have in use
    /// @param parts its open lots in the order in which they are spent
    public record Booked(
            WalletId wallet,
            Money posted,
            long leasedHere,
            Money inUseElsewhere,
            List<Part> parts) {}

    /// Where wallets are booked.
    @FunctionalInterface
    public interface Books {
        /// One reading of all of it; empty when there is no such organization.
        Optional<Booked> read(OrganizationId organization);
    }

    /// How long the books are read again until they and this node speak of the same instant: as
    /// long as a busy machine may need from a booking's commit to its telling.
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /// Between two readings, twice as long each time.
    private static final Duration FIRST_PAUSE = Duration.ofMillis(1);

    private final Books books;
    private final OwnUse own;
    private final Duration patience;

    public Balances(Books books, OwnUse own) {
        this(books, own, PATIENCE);
    }

    Balances(Books books, OwnUse own, Duration patience) {
        this.books = books;
        this.own = own;
        this.patience = patience;
    }

    public Optional<Funds> of(OrganizationId organization) {
        return books.read(organization).map(first -> agreed(organization, first));
    }

    /// A booking makes the lease smaller in the books, and then here. It is in both or in neither
    /// when this node heard of none while the books were read, and both have the same lease. Where
    /// that never is, a charge is rather taken off twice than not at all.
    private Funds agreed(OrganizationId organization, Booked first) {
        Deadline agreeBy = Deadline.in(patience);
        long pauseNanos = FIRST_PAUSE.toNanos();
        OwnUse.Share before = own.share(first.wallet());
        while (true) {
            Booked booked = books.read(organization).orElse(first);
            OwnUse.Share after = own.share(first.wallet());
            boolean agree =
                    before.bookings() == after.bookings() && after.leased() == booked.leasedHere();
            if (agree || agreeBy.passed() || Thread.currentThread().isInterrupted()) {
                return funds(booked, new Money(before.inUse(), booked.posted().currency()));
            }
            LockSupport.parkNanos(this, Math.min(pauseNanos, agreeBy.left().toNanos()));
            pauseNanos *= 2;
            before = own.share(first.wallet());
        }
    }

    private static Funds funds(Booked booked, Money inUseHere) {
        Money posted = booked.posted();
        Money inUse = inUseHere.plus(booked.inUseElsewhere());
        if (!posted.negative() && inUse.compareTo(posted) > 0) {
            // What others said is older than the booking; nobody spends what is not there.
            inUse = posted;
        }
        Money voucher = Money.zero(posted.currency());
        Money taken = inUse;
        for (Part part : booked.parts()) {
            Money drawn = part.remaining().compareTo(taken) < 0 ? part.remaining() : taken;
            taken = taken.minus(drawn);
            if (part.kind() != LotKind.PAID) {
                voucher = voucher.plus(part.remaining().minus(drawn));
            }
        }
        return new Funds(posted, inUse, voucher, posted.minus(inUse).minus(voucher));
    }
}
