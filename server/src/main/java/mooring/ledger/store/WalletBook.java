package mooring.ledger.store;

import java.util.EnumMap;
import java.util.Map;
import java.util.UUID;
import mooring.ledger.LotKind;
import mooring.money.Currency;

/// One row of wallet_balance as it will be, and what the transaction has moved on it.
final class WalletBook {
    final UUID wallet;
    final Currency currency;
    final long account;
    final long postedBefore;
    private final long heldBefore;
    final long floorBefore;
    long posted;
    long held;
    long floor;
    long paid;
    long absorbed;

    /// Spent of lots that were not paid for.
    final Map<LotKind, Long> given = new EnumMap<>(LotKind.class);

    WalletBook(UUID wallet, Currency currency, long account, long posted, long held, long floor) {
        this.wallet = wallet;
        this.currency = currency;
        this.account = account;
        this.posted = posted;
        this.postedBefore = posted;
        this.held = held;
        this.heldBefore = held;
        this.floor = floor;
        this.floorBefore = floor;
    }

    boolean changed() {
        return posted != postedBefore || held != heldBefore;
    }

    /// What a new hold can take.
    long available() {
        return Math.subtractExact(Math.subtractExact(posted, held), floor);
    }

    /// Money that no lease has, nor is owed.
    long unheld() {
        return Math.max(0, Math.subtractExact(posted, held));
    }

    long debt() {
        return Math.max(0, Math.negateExact(posted));
    }

    /// How much the debt has grown; below zero when some of it was paid.
    long debtGrown() {
        return debt() - Math.max(0, Math.negateExact(postedBefore));
    }

    void spent(LotKind kind, long amount) {
        if (kind != LotKind.PAID && amount > 0) {
            given.merge(kind, amount, Math::addExact);
        }
    }

    /// A debtor's floor follows the debt, as the database's trigger does.
    void followDebt() {
        long bottom = Math.min(0, Math.subtractExact(posted, held));
        if (floor < 0) {
            floor = Math.max(floor, bottom);
        }
    }

    /// Allows a debt just as large as it is now.
    void allowDebt() {
        floor = Math.min(floor, Math.subtractExact(posted, held));
    }
}
