package mooring.ledger.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.NodeEpoch;
import mooring.ledger.store.WalletBooks.Paid;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;

/// Holds that are rows of their own, and the books of their wallets.
///
/// Locks are taken as everywhere: holds by request id, then wallets by id.
public final class HoldBooks {

    private record OpenHold(UUID wallet, long amount) {}

    private static final NodeEpoch NO_LEASE = new NodeEpoch("", 0);

    private final Handle handle;
    private final Map<UUID, OpenHold> holds;
    private final WalletBooks books;
    private final List<UUID> ended = new ArrayList<>();

    private HoldBooks(Handle handle, Map<UUID, OpenHold> holds, WalletBooks books) {
        this.handle = handle;
        this.holds = holds;
        this.books = books;
    }

    /// Locks what is open of these requests' holds, and these wallets together with the holds' own.
    public static HoldBooks open(
            Handle handle,
            IdGenerator ids,
            Instant at,
            Collection<RequestId> requests,
            Collection<WalletId> wallets) {
        Map<UUID, OpenHold> holds = lockHolds(handle, requests);
        List<WalletId> all = new ArrayList<>(wallets);
        holds.values().forEach(hold -> all.add(new WalletId(hold.wallet())));
        return new HoldBooks(handle, holds, WalletBooks.open(handle, ids, at, all));
    }

    /// Charges a wallet for a request and ends the request's hold.
    public Paid settle(RequestId request, WalletId wallet, Money charge) {
        Money nothing = Money.zero(charge.currency());
        long held = end(request);
        Paid paid = books.settle(new NodeLease(wallet, NO_LEASE), charge, nothing);
        return new Paid(
                paid.payable(),
                paid.shortfall(),
                new Money(held, charge.currency()),
                paid.available());
    }

    /// Gives a request's hold back to its wallet; returns its nano units, 0 when none is open.
    public long end(RequestId request) {
        OpenHold hold = holds.remove(request.uuid());
        if (hold == null) {
            return 0;
        }
        books.unhold(hold.wallet(), hold.amount());
        ended.add(request.uuid());
        return hold.amount();
    }

    /// What a locked wallet can carry by now.
    public Money available(WalletId wallet) {
        return books.available(wallet);
    }

    public UUID booking() {
        return books.booking();
    }

    public void write() {
        if (!ended.isEmpty()) {
            handle.createUpdate("DELETE FROM hold_open WHERE request_id = ANY(:requests)")
                    .bind("requests", SqlArrays.column("uuid", ended, id -> id))
                    .execute();
        }
        books.write();
    }

    private static Map<UUID, OpenHold> lockHolds(Handle handle, Collection<RequestId> requests) {
        Map<UUID, OpenHold> holds = new HashMap<>();
        handle.createQuery(
                        """
                        SELECT request_id, wallet_id, amount FROM hold_open
                        WHERE request_id = ANY(:requests)
                        ORDER BY request_id FOR UPDATE
                        """)
                .bind("requests", SqlArrays.column("uuid", requests, RequestId::uuid))
                .map(
                        (row, _) ->
                                Map.entry(
                                        row.getObject("request_id", UUID.class),
                                        new OpenHold(
                                                row.getObject("wallet_id", UUID.class),
                                                row.getLong("amount"))))
                .forEach(entry -> holds.put(entry.getKey(), entry.getValue()));
        return holds;
    }
}
