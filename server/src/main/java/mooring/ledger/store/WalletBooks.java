package mooring.ledger.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// The holds and wallets that one transaction touches: read under lock, reckoned in memory in the
/// order of arrival, written back with one statement for each table.
///
/// Locks are taken as everywhere: holds by request id, then wallets by id. Used by one thread, and
/// worthless once the transaction has ended.
public final class WalletBooks {

    /// What a wallet paid for a request.
    ///
    /// @param held what was set aside for it, 0 when its hold had ended before
    public record Paid(Money payable, Money shortfall, Money held, Money available) {}

    private record OpenHold(UUID wallet, long amount) {}

    /// A transfer's kind and the accounts that it moves between.
    private enum Kind {
        USAGE("usage", "customer_wallet", "usage_revenue"),
        ABSORBED("absorbed", "absorbed_usage", "usage_revenue"),
        PROMOTION_SPENT("promotion_spent", "promotion_spent", "promotion_outstanding");

        final String text;
        final String debit;
        final String credit;

        Kind(String text, String debit, String credit) {
            this.text = text;
            this.debit = debit;
            this.credit = credit;
        }
    }

    private record Posting(UUID wallet, String currency, Kind kind, long amount) {}

    /// A row of wallet_balance as it will be, and what the transaction has moved on it.
    private static final class Book {
        final UUID wallet;
        final Currency currency;
        final long floor;
        long posted;
        long held;
        long promotional;
        long paid;
        long absorbed;
        long promotionSpent;

        Book(UUID wallet, Currency currency, long posted, long held, long floor, long promotional) {
            this.wallet = wallet;
            this.currency = currency;
            this.posted = posted;
            this.held = held;
            this.floor = floor;
            this.promotional = promotional;
        }

        long available() {
            return Math.subtractExact(Math.subtractExact(posted, held), floor);
        }
    }

    private final Handle handle;
    private final Map<UUID, OpenHold> holds = new HashMap<>();
    private final Map<UUID, Book> books = new TreeMap<>();
    private final List<UUID> ended = new ArrayList<>();

    private WalletBooks(Handle handle) {
        this.handle = handle;
    }

    /// Locks what is open of these requests' holds, and these wallets together with the holds' own.
    public static WalletBooks open(
            Handle handle, Collection<RequestId> requests, Collection<WalletId> wallets) {
        WalletBooks books = new WalletBooks(handle);
        books.lockHolds(requests);
        TreeSet<UUID> ids = new TreeSet<>();
        wallets.forEach(wallet -> ids.add(wallet.uuid()));
        books.holds.values().forEach(hold -> ids.add(hold.wallet()));
        books.lockWallets(ids);
        return books;
    }

    /// Charges a wallet for a request and ends the request's hold. What would take the wallet below
    /// its floor is the shortfall.
    ///
    /// @throws IllegalArgumentException when the wallet is unknown, of another currency, or the
    ///   charge is negative
    public Paid settle(RequestId request, WalletId wallet, Money charge) {
        Book book = books.get(wallet.uuid());
        if (book == null) {
            throw new IllegalArgumentException(wallet + " (expected: a wallet on record)");
        }
        if (!book.currency.equals(charge.currency()) || charge.negative()) {
            throw new IllegalArgumentException(
                    "charge: " + charge + " (expected: 0 or more " + book.currency + ")");
        }
        long held = end(request);
        long payable = Math.min(charge.nanos(), Math.max(0, book.available()));
        long shortfall = charge.nanos() - payable;
        long given = Math.min(payable, book.promotional);
        book.posted -= payable;
        book.promotional -= given;
        book.paid = Math.addExact(book.paid, payable);
        book.absorbed = Math.addExact(book.absorbed, shortfall);
        book.promotionSpent += given;
        return new Paid(
                new Money(payable, book.currency),
                new Money(shortfall, book.currency),
                new Money(held, book.currency),
                new Money(book.available(), book.currency));
    }

    /// Gives a request's hold back to its wallet; returns its nano units, 0 when none is open.
    public long end(RequestId request) {
        OpenHold hold = holds.remove(request.uuid());
        if (hold == null) {
            return 0;
        }
        Book book = books.get(hold.wallet());
        if (book == null) {
            throw new IllegalStateException(request + " holds money of a wallet without balance");
        }
        book.held -= hold.amount();
        ended.add(request.uuid());
        return hold.amount();
    }

    /// What a locked wallet can carry by now.
    public Money available(WalletId wallet) {
        Book book = books.get(wallet.uuid());
        if (book == null) {
            throw new IllegalArgumentException(wallet + " (expected: a wallet on record)");
        }
        return new Money(book.available(), book.currency);
    }

    /// Writes holds and balances, and the transfers with `booking` as their common mark.
    public void write(UUID booking, Instant at, IdGenerator ids) {
        writeBalances();
        List<Posting> postings = new ArrayList<>();
        for (Book book : books.values()) {
            addPosting(postings, book, Kind.USAGE, book.paid);
            addPosting(postings, book, Kind.ABSORBED, book.absorbed);
            addPosting(postings, book, Kind.PROMOTION_SPENT, book.promotionSpent);
        }
        if (!postings.isEmpty()) {
            insertTransfers(postings, booking, at, ids);
        }
    }

    /// Writes holds and balances where nothing was charged.
    public void writeBalances() {
        if (!ended.isEmpty()) {
            deleteHolds();
        }
        if (!books.isEmpty()) {
            updateBalances();
        }
    }

    private static void addPosting(List<Posting> postings, Book book, Kind kind, long amount) {
        if (amount > 0) {
            postings.add(new Posting(book.wallet, book.currency.code(), kind, amount));
        }
    }

    private void lockHolds(Collection<RequestId> requests) {
        handle.createQuery(
                        """
                        SELECT request_id, wallet_id, amount FROM hold_open
                        WHERE request_id = ANY(:requests)
                        ORDER BY request_id FOR UPDATE
                        """)
                .bind("requests", SqlArrays.column("uuid", requests, RequestId::uuid))
                .map(
                        (row, _) -> {
                            OpenHold hold =
                                    new OpenHold(
                                            row.getObject("wallet_id", UUID.class),
                                            row.getLong("amount"));
                            return Map.entry(row.getObject("request_id", UUID.class), hold);
                        })
                .forEach(entry -> holds.put(entry.getKey(), entry.getValue()));
    }

    private void lockWallets(Collection<UUID> wallets) {
        handle.createQuery(
                        """
                        SELECT b.wallet_id, w.currency, b.posted, b.held, b.floor, b.promotional
                        FROM wallet_balance b JOIN wallet w ON w.id = b.wallet_id
                        WHERE b.wallet_id = ANY(:wallets)
                        ORDER BY b.wallet_id FOR UPDATE OF b
                        """)
                .bind("wallets", SqlArrays.column("uuid", wallets, id -> id))
                .map(
                        (row, _) ->
                                new Book(
                                        row.getObject("wallet_id", UUID.class),
                                        new Currency(row.getString("currency")),
                                        row.getLong("posted"),
                                        row.getLong("held"),
                                        row.getLong("floor"),
                                        row.getLong("promotional")))
                .forEach(book -> books.put(book.wallet, book));
    }

    private void deleteHolds() {
        handle.createUpdate("DELETE FROM hold_open WHERE request_id = ANY(:requests)")
                .bind("requests", SqlArrays.column("uuid", ended, id -> id))
                .execute();
    }

    private void updateBalances() {
        Collection<Book> rows = books.values();
        handle.createUpdate(
                        """
                        UPDATE wallet_balance b
                        SET posted = n.posted, held = n.held, promotional = n.promotional
                        FROM unnest(:wallets, :posted, :held, :promotional)
                            AS n (wallet_id, posted, held, promotional)
                        WHERE b.wallet_id = n.wallet_id
                        """)
                .bind("wallets", SqlArrays.column("uuid", rows, book -> book.wallet))
                .bind("posted", SqlArrays.column("int8", rows, book -> book.posted))
                .bind("held", SqlArrays.column("int8", rows, book -> book.held))
                .bind("promotional", SqlArrays.column("int8", rows, book -> book.promotional))
                .execute();
    }

    private void insertTransfers(
            List<Posting> postings, UUID booking, Instant at, IdGenerator ids) {
        handle.createUpdate(
                        """
                        INSERT INTO transfer (id, debit_account, credit_account, currency, amount,
                            kind, wallet_id, booking, booked_at)
                        SELECT t.id,
                            CASE t.debit_kind
                                WHEN 'customer_wallet' THEN
                                    (SELECT a.id FROM account a WHERE a.wallet_id = t.wallet_id)
                                ELSE
                                    (SELECT a.id FROM account a WHERE a.wallet_id IS NULL
                                        AND a.kind = t.debit_kind AND a.currency = t.currency)
                            END,
                            (SELECT a.id FROM account a WHERE a.wallet_id IS NULL
                                AND a.kind = t.credit_kind AND a.currency = t.currency),
                            t.currency, t.amount, t.kind, t.wallet_id, :booking, :at
                        FROM unnest(:ids, :wallets, :currencies, :kinds, :debits, :credits,
                                :amounts)
                            AS t (id, wallet_id, currency, kind, debit_kind, credit_kind, amount)
                        """)
                .bind("ids", SqlArrays.column("uuid", postings, _ -> ids.next()))
                .bind("wallets", SqlArrays.column("uuid", postings, Posting::wallet))
                .bind("currencies", SqlArrays.column("text", postings, Posting::currency))
                .bind("kinds", SqlArrays.column("text", postings, p -> p.kind().text))
                .bind("debits", SqlArrays.column("text", postings, p -> p.kind().debit))
                .bind("credits", SqlArrays.column("text", postings, p -> p.kind().credit))
                .bind("amounts", SqlArrays.column("int8", postings, Posting::amount))
                .bind("booking", booking)
                .bind("at", at)
                .execute();
    }
}
