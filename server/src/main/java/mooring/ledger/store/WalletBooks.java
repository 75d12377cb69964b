package mooring.ledger.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.TransferId;
import mooring.ids.WalletId;
import mooring.json.Json;
import mooring.ledger.Balance;
import mooring.ledger.LotKind;
import mooring.ledger.store.Lots.Lot;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.Outbox;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The leases, wallets and lots that one transaction touches: read under lock, reckoned in memory
/// in the order of arrival, written back with one statement for each table.
///
/// Locks are taken as everywhere: leases, then wallets by ascending id, then lots. Everything that
/// one instance writes has one mark, its [#booking]. Used by one thread, and worthless once the
/// transaction has ended.
public final class WalletBooks {

    /// What a wallet paid for a request.
    ///
    /// @param drawn what of it came from the lease of the node that admitted the request
    public record Paid(Money payable, Money shortfall, Money drawn, Money available) {}

    /// @param debtPaid what of the amount went to an earlier debt and can no longer be spent
    public record Granted(TransferId transfer, UUID lot, Money debtPaid, Balance balance) {}

    /// @param debtGrown what of the amount the wallet did not have
    public record ChargedBack(TransferId transfer, Money debtGrown, Balance balance) {}

    private record Event(String topic, WalletId wallet, ObjectNode payload) {}

    private final Handle handle;
    private final IdGenerator ids;
    private final Instant at;
    private final UUID booking;
    private final LeaseRows leases;
    private final Map<UUID, WalletBook> books;
    private final Transfers transfers = new Transfers();
    private final List<Event> events = new ArrayList<>();
    private @Nullable Lots lots;

    private WalletBooks(
            Handle handle,
            IdGenerator ids,
            Instant at,
            LeaseRows leases,
            Map<UUID, WalletBook> books) {
        this.handle = handle;
        this.ids = ids;
        this.at = at;
        this.booking = ids.next();
        this.leases = leases;
        this.books = books;
    }

    /// Locks these leases, as far as they are there, and these wallets.
    public static WalletBooks open(
            Handle handle,
            IdGenerator ids,
            Instant at,
            Collection<NodeLease> leases,
            Collection<WalletId> wallets) {
        // Plans are kept: one made for a small table must not read a large one row by row.
        handle.execute("SET LOCAL enable_seqscan = off");
        LeaseRows locked = LeaseRows.lock(handle, leases);
        TreeSet<UUID> all = new TreeSet<>();
        wallets.forEach(wallet -> all.add(wallet.uuid()));
        return new WalletBooks(handle, ids, at, locked, lockWallets(handle, all));
    }

    /// Locks these wallets.
    public static WalletBooks open(
            Handle handle, IdGenerator ids, Instant at, Collection<WalletId> wallets) {
        return open(handle, ids, at, List.of(), wallets);
    }

    /// When the first lot that still has money ends, for each wallet where one does after `now`. No
    /// lease may last longer.
    public static Map<WalletId, Instant> validUntil(
            Handle handle, Collection<WalletId> wallets, Instant now) {
        Map<WalletId, Instant> ends = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT wallet_id, min(expires_at) AS first FROM credit_lot
                        WHERE wallet_id = ANY(:wallets) AND open AND expires_at > :now
                        GROUP BY wallet_id
                        """)
                .bind("wallets", SqlArrays.column("uuid", wallets, WalletId::uuid))
                .bind("now", now)
                .map(
                        (row, _) ->
                                Map.entry(
                                        new WalletId(row.getObject("wallet_id", UUID.class)),
                                        row.getObject("first", OffsetDateTime.class).toInstant()))
                .forEach(end -> ends.put(end.getKey(), end.getValue()));
        return ends;
    }

    /// The mark that all rows of this act share.
    public UUID booking() {
        return booking;
    }

    /// Charges a wallet for a request: up to `hold` from the lease, as far as it carries that, the
    /// rest from what the wallet has available. What is left is the shortfall.
    ///
    /// @throws IllegalArgumentException when the wallet is unknown, of another currency, or an
    ///   amount is negative
    public Paid settle(NodeLease lease, Money charge, Money hold) {
        WalletBook book = book(lease.wallet());
        requireAmount("charge", charge, book);
        requireAmount("hold", hold, book);
        long drawn = leases.draw(lease, Math.min(charge.nanos(), hold.nanos()));
        book.held -= drawn;
        long available = Math.max(0, Math.subtractExact(book.available(), drawn));
        long payable = Math.addExact(drawn, Math.min(charge.nanos() - drawn, available));
        long shortfall = charge.nanos() - payable;
        book.posted -= payable;
        book.paid = Math.addExact(book.paid, payable);
        book.absorbed = Math.addExact(book.absorbed, shortfall);
        // What the lots do not have any more is owed.
        draw(book, payable);
        book.followDebt();
        return new Paid(
                money(payable, book), money(shortfall, book), money(drawn, book), available(book));
    }

    /// Gives a wallet money. An earlier debt is paid first.
    public Granted grant(WalletId wallet, LotGrant grant) {
        return grant(wallet, grant, TransferKind.granting(grant.kind()));
    }

    /// Gives back what was charged too much, as paid credit; nothing when it is nothing.
    public void giveBack(WalletId wallet, Money amount, TransferNote note) {
        if (amount.positive()) {
            LotGrant grant = new LotGrant(LotKind.PAID, amount, null, note);
            grant(wallet, grant, TransferKind.ADJUSTMENT_CREDIT);
        }
    }

    /// Takes back from revenue what was charged too much and never paid.
    public void unabsorb(WalletId wallet, Money amount, TransferNote note) {
        WalletBook book = book(wallet);
        requireAmount("amount", amount, book);
        if (amount.positive()) {
            post(ids.next(), book, TransferKind.ADJUSTMENT_ABSORBED, amount.nanos(), note);
        }
    }

    /// Takes what was charged too little.
    ///
    /// @throws IllegalArgumentException when the wallet does not have so much available
    public void take(WalletId wallet, Money amount, TransferNote note) {
        WalletBook book = book(wallet);
        requireAmount("amount", amount, book);
        long nanos = amount.nanos();
        if (nanos > book.available()) {
            throw new IllegalArgumentException(
                    "amount: " + amount + " (expected: at most " + available(book) + ")");
        }
        book.posted -= nanos;
        draw(book, nanos);
        book.followDebt();
        post(ids.next(), book, TransferKind.ADJUSTMENT_DEBIT, nanos, note);
    }

    private Granted grant(WalletId wallet, LotGrant grant, TransferKind kind) {
        WalletBook book = book(wallet);
        requireAmount("amount", grant.amount(), book);
        long amount = grant.amount().nanos();
        long debtPaid = Math.min(amount, book.debt());
        book.posted = Math.addExact(book.posted, amount);
        book.followDebt();
        UUID transfer = ids.next();
        Lot lot =
                new Lot(
                        ids.next(),
                        wallet.uuid(),
                        grant.kind(),
                        grant.priority(),
                        grant.expiresAt(),
                        amount,
                        amount,
                        transfer);
        lots().grant(lot);
        book.spent(lot.kind, lot.draw(debtPaid));
        post(transfer, book, kind, amount, grant.note());
        tell("wallet.credited", book, transfer, kind, amount, grant.note());
        return new Granted(
                new TransferId(transfer), lot.id, money(debtPaid, book), balance(wallet));
    }

    /// Takes back money whose payment was reversed: paid lots first, then the others, and what the
    /// wallet does not have is owed. Running requests keep what they hold.
    public ChargedBack chargeBack(WalletId wallet, Money amount, TransferNote note) {
        WalletBook book = book(wallet);
        requireAmount("amount", amount, book);
        if (!amount.positive()) {
            throw new IllegalArgumentException("amount: " + amount + " (expected: more than 0)");
        }
        long debtBefore = book.debt();
        long left = Math.min(amount.nanos(), Math.max(0, book.posted));
        book.posted = Math.subtractExact(book.posted, amount.nanos());
        book.allowDebt();
        for (Lot lot : lots().of(book.wallet)) {
            if (lot.kind == LotKind.PAID) {
                left -= lot.draw(left);
            }
        }
        draw(book, left);
        UUID transfer = ids.next();
        post(transfer, book, TransferKind.CHARGE_BACK, amount.nanos(), note);
        tell("wallet.charged_back", book, transfer, TransferKind.CHARGE_BACK, amount.nanos(), note);
        return new ChargedBack(
                new TransferId(transfer), money(book.debt() - debtBefore, book), balance(wallet));
    }

    /// Takes what expired by `now` out of a wallet, as far as no lease has it.
    ///
    /// @return by kind of lot, without those of which nothing was taken
    public Map<LotKind, Money> expire(WalletId wallet, Instant now) {
        WalletBook book = book(wallet);
        Map<LotKind, Long> taken = new EnumMap<>(LotKind.class);
        for (Lot lot : lots().of(book.wallet)) {
            if (lot.expired(now)) {
                long part = lot.draw(book.unheld());
                book.posted -= part;
                taken.merge(lot.kind, part, Math::addExact);
            }
        }
        Map<LotKind, Money> told = new EnumMap<>(LotKind.class);
        taken.forEach(
                (kind, nanos) -> {
                    if (nanos > 0) {
                        UUID transfer = ids.next();
                        TransferKind expiring = TransferKind.expiring(kind);
                        post(transfer, book, expiring, nanos, TransferNote.NONE);
                        tell("wallet.expired", book, transfer, expiring, nanos, TransferNote.NONE);
                        told.put(kind, money(nanos, book));
                    }
                });
        return told;
    }

    /// What a locked wallet can carry by now.
    public Money available(WalletId wallet) {
        return available(book(wallet));
    }

    /// A locked wallet as it stands by now.
    public Balance balance(WalletId wallet) {
        WalletBook book = book(wallet);
        long given =
                lots().of(book.wallet).stream()
                        .filter(lot -> lot.kind != LotKind.PAID)
                        .mapToLong(lot -> lot.remaining)
                        .sum();
        return new Balance(money(book.posted, book), money(book.held, book), money(given, book));
    }

    /// Gives set-aside money back to its wallet.
    void unhold(UUID wallet, long amount) {
        WalletBook book = books.get(wallet);
        if (book == null) {
            throw new IllegalStateException(
                    new WalletId(wallet) + " holds money without a balance");
        }
        book.held -= amount;
        book.followDebt();
    }

    /// Writes what was changed: leases, balances, lots, transfers, and the events of credits.
    public void write() {
        leases.write(handle);
        writeBalances();
        for (WalletBook book : books.values()) {
            post(book, TransferKind.USAGE, book.paid);
            post(book, TransferKind.ABSORBED, book.absorbed);
            post(book, TransferKind.PROMOTION_SPENT, given(book, LotKind.PROMOTIONAL));
            post(book, TransferKind.ALLOWANCE_SPENT, given(book, LotKind.ALLOWANCE));
            post(book, TransferKind.DEBT, book.debtGrown());
            post(book, TransferKind.DEBT_PAID, -book.debtGrown());
        }
        if (lots != null) {
            lots.write(handle, booking, at);
        }
        transfers.insert(handle, booking, at);
        for (Event event : events) {
            Outbox.add(
                    handle,
                    event.topic(),
                    event.wallet().toString(),
                    event.payload().toString(),
                    at);
        }
    }

    private void draw(WalletBook book, long amount) {
        long left = amount;
        if (left == 0) {
            return;
        }
        for (Lot lot : lots().of(book.wallet)) {
            long part = lot.draw(left);
            book.spent(lot.kind, part);
            left -= part;
            if (left == 0) {
                return;
            }
        }
    }

    private Lots lots() {
        Lots known = lots;
        if (known == null) {
            known = new Lots();
            known.read(handle, books.keySet());
            lots = known;
        }
        return known;
    }

    private void post(WalletBook book, TransferKind kind, long amount) {
        if (amount > 0) {
            post(ids.next(), book, kind, amount, TransferNote.NONE);
        }
    }

    private void post(
            UUID transfer, WalletBook book, TransferKind kind, long amount, TransferNote note) {
        transfers.add(
                transfer, book.wallet, book.account, book.currency.code(), kind, amount, note);
    }

    private void tell(
            String topic,
            WalletBook book,
            UUID transfer,
            TransferKind kind,
            long nanos,
            TransferNote note) {
        ObjectNode payload = Json.MAPPER.createObjectNode();
        payload.put("wallet", new WalletId(book.wallet).toString());
        payload.put("transfer", new TransferId(transfer).toString());
        payload.put("kind", kind.text);
        payload.put("amount", money(nanos, book).text());
        payload.put("currency", book.currency.code());
        payload.put("posted", money(book.posted, book).text());
        payload.put("reference", note.reference());
        events.add(new Event(topic, new WalletId(book.wallet), payload));
    }

    private WalletBook book(WalletId wallet) {
        WalletBook book = books.get(wallet.uuid());
        if (book == null) {
            throw new IllegalArgumentException(wallet + " (expected: a wallet on record)");
        }
        return book;
    }

    private static void requireAmount(String name, Money amount, WalletBook book) {
        if (!book.currency.equals(amount.currency()) || amount.negative()) {
            throw new IllegalArgumentException(
                    name + ": " + amount + " (expected: 0 or more " + book.currency + ")");
        }
    }

    private static Money money(long nanos, WalletBook book) {
        return new Money(nanos, book.currency);
    }

    private static Money available(WalletBook book) {
        return money(book.available(), book);
    }

    private static long given(WalletBook book, LotKind kind) {
        return book.given.getOrDefault(kind, 0L);
    }

    private static Map<UUID, WalletBook> lockWallets(Handle handle, Collection<UUID> wallets) {
        Map<UUID, WalletBook> books = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT wallet_id, currency, account_id, posted, held, floor
                        FROM wallet_balance WHERE wallet_id = ANY(:wallets)
                        ORDER BY wallet_id FOR UPDATE
                        """)
                .bind("wallets", SqlArrays.column("uuid", wallets, id -> id))
                .map(
                        (row, _) ->
                                new WalletBook(
                                        row.getObject("wallet_id", UUID.class),
                                        new Currency(row.getString("currency")),
                                        row.getLong("account_id"),
                                        row.getLong("posted"),
                                        row.getLong("held"),
                                        row.getLong("floor")))
                .forEach(book -> books.put(book.wallet, book));
        return books;
    }

    private void writeBalances() {
        List<WalletBook> rows = books.values().stream().filter(WalletBook::changed).toList();
        if (rows.isEmpty()) {
            return;
        }
        handle.createUpdate(
                        """
                        UPDATE wallet_balance b
                        SET posted = n.posted, held = n.held, floor = n.floor
                        FROM unnest(:wallets, :posted, :held, :floor)
                            AS n (wallet_id, posted, held, floor)
                        WHERE b.wallet_id = n.wallet_id
                        """)
                .bind("wallets", SqlArrays.column("uuid", rows, book -> book.wallet))
                .bind("posted", SqlArrays.column("int8", rows, book -> book.posted))
                .bind("held", SqlArrays.column("int8", rows, book -> book.held))
                .bind("floor", SqlArrays.column("int8", rows, book -> book.floor))
                .execute();
    }
}
