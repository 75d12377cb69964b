package mooring.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.money.Currency;
import mooring.money.Money;
import org.junit.jupiter.api.Test;

/// What is shown of a wallet, from books and node that may speak of different instants.
class BalancesTest {

    private static final OrganizationId KEA = new OrganizationId(new UUID(1, 1));
    private static final WalletId WALLET = new WalletId(new UUID(2, 2));

    /// A node with these shares, one after the other; the last one stays.
    private static OwnUse node(OwnUse.Share... shares) {
        Deque<OwnUse.Share> next = new ArrayDeque<>(List.of(shares));
        return _ -> next.size() > 1 ? next.remove() : next.element();
    }

    private static Money units(long units) {
        return new Money(units * 1_000_000_000L, Currency.USD);
    }

    private static OwnUse.Share share(long leased, long inUse, long bookings) {
        return new OwnUse.Share(units(leased).nanos(), units(inUse).nanos(), bookings);
    }

    private static Balances.Part part(LotKind kind, long remaining) {
        return new Balances.Part(kind, units(remaining));
    }

    private static Balances.Booked booked(
            long posted, long leased, long elsewhere, Balances.Part... parts) {
        return new Balances.Booked(
                WALLET, units(posted), units(leased).nanos(), units(elsewhere), List.of(parts));
    }

    /// Reads the books once more than there are readings; the last one stays.
    private static Funds funds(OwnUse node, Balances.Booked... readings) {
        return funds(Duration.ofMinutes(1), node, readings);
    }

    private static Funds funds(Duration patience, OwnUse node, Balances.Booked... readings) {
        Deque<Balances.Booked> books = new ArrayDeque<>(List.of(readings));
        Balances balances =
                new Balances(
                        _ -> Optional.of(books.size() > 1 ? books.remove() : books.element()),
                        node,
                        patience);
        return balances.of(KEA).orElseThrow();
    }

    private static void shows(Funds funds, long available, long voucher, long cash) {
        assertThat(funds.available()).isEqualTo(units(available));
        assertThat(funds.voucher()).isEqualTo(units(voucher));
        assertThat(funds.cash()).isEqualTo(units(cash));
    }

    @Test
    void unusedLeaseMoneyIsAvailable() {
        shows(funds(node(share(6, 0, 0)), booked(10, 6, 1, part(LotKind.PAID, 10))), 9, 0, 9);
        shows(funds(node(OwnUse.Share.NONE), booked(10, 0, 1, part(LotKind.PAID, 10))), 9, 0, 9);
    }

    @Test
    void whatThisNodeChargedIsTakenOffBeforeTheBooksHaveIt() {
        shows(funds(node(share(6, 2, 0)), booked(10, 6, 1, part(LotKind.PAID, 10))), 7, 0, 7);
    }

    @Test
    void aBookingBetweenTwoReadingsIsNeitherMissedNorSeenTwice() {
        Balances.Booked before = booked(10, 6, 0, part(LotKind.PAID, 10));
        Balances.Booked after = booked(8, 4, 0, part(LotKind.PAID, 8));
        OwnUse.Share charged = share(6, 2, 0);
        OwnUse.Share told = share(4, 0, 1);
        // Booked and told while the books were read, which were still as before.
        shows(funds(node(charged, told), before, before, after), 8, 0, 8);
        // Booked before the books were read, told while they were.
        shows(funds(node(charged, told), before, after), 8, 0, 8);
        // Booked before the books were read, told only after the second look at the node.
        shows(funds(node(charged, charged, told), before, after), 8, 0, 8);
        // Told, and as much leased anew: the lease alone would not say so.
        Balances.Booked leased = booked(8, 6, 0, part(LotKind.PAID, 8));
        shows(funds(node(charged, share(6, 0, 1)), before, before, leased), 8, 0, 8);
    }

    @Test
    void whereNodeAndBooksNeverAgreeTheChargeIsSeenTwiceRatherThanNotAtAll() {
        Balances.Booked booked = booked(8, 4, 0, part(LotKind.PAID, 8));
        shows(funds(Duration.ofMillis(20), node(share(6, 2, 0)), booked), 6, 0, 6);
    }

    @Test
    void whatIsInUseIsTakenFromTheLotsThatAreSpentFirst() {
        Balances.Part voucher = part(LotKind.PROMOTIONAL, 5);
        Balances.Part cash = part(LotKind.PAID, 5);
        Balances.Part allowance = part(LotKind.ALLOWANCE, 2);
        OwnUse two = node(share(6, 2, 0));
        shows(funds(two, booked(10, 6, 0, voucher, cash)), 8, 3, 5);
        shows(funds(two, booked(10, 6, 5, voucher, cash)), 3, 0, 3);
        shows(funds(two, booked(10, 6, 0, cash, voucher)), 8, 5, 3);
        shows(funds(two, booked(12, 6, 0, allowance, voucher, cash)), 10, 5, 5);
    }

    @Test
    void aDebtIsCashBelowZeroAndNothingIsAvailable() {
        shows(funds(node(OwnUse.Share.NONE), booked(-3, 0, 0)), 0, 0, -3);
        shows(funds(node(share(2, 2, 0)), booked(-3, 2, 0)), 0, 0, -5);
    }

    @Test
    void staleWordsOfOtherNodesNeverMakeADebt() {
        shows(funds(node(OwnUse.Share.NONE), booked(1, 0, 4, part(LotKind.PAID, 1))), 0, 0, 0);
    }
}
