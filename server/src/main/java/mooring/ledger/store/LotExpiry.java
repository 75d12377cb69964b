package mooring.ledger.store;

import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.WalletId;
import mooring.ledger.LotKind;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Takes expired credit out of wallets: what was paid for becomes breakage, what was given or
/// included goes back to where it came from. What a lease has stays until it comes back; leases end
/// no later than the lots that they could draw, so a later run finds it. Blocking.
public final class LotExpiry {

    /// Wallets of one transaction: small enough not to keep them locked for long.
    private static final int BATCH = 200;

    private static final UUID FIRST = new UUID(0, 0);

    private final Jdbi jdbi;
    private final IdGenerator ids;
    private final int batch;

    public LotExpiry(Jdbi jdbi, IdGenerator ids) {
        this(jdbi, ids, BATCH);
    }

    LotExpiry(Jdbi jdbi, IdGenerator ids, int batch) {
        this.jdbi = jdbi;
        this.ids = ids;
        this.batch = batch;
    }

    /// Each batch is a transaction of its own: what fails leaves those before it done. Never within
    /// a transaction of the caller's, which would join them all.
    ///
    /// @return what was taken, in nano units by kind of lot over all currencies
    public Map<LotKind, Long> run(Instant now) {
        Map<LotKind, Long> taken = new EnumMap<>(LotKind.class);
        UUID last = FIRST;
        while (true) {
            UUID after = last;
            List<UUID> wallets = jdbi.withHandle(handle -> due(handle, now, after));
            if (wallets.isEmpty()) {
                return taken;
            }
            List<WalletId> some = wallets.stream().map(WalletId::new).toList();
            jdbi.useTransaction(
                    handle -> {
                        WalletBooks books = WalletBooks.open(handle, ids, now, some);
                        for (WalletId wallet : some) {
                            Map<LotKind, Money> parts = books.expire(wallet, now);
                            parts.forEach((kind, part) -> add(taken, kind, part));
                        }
                        books.write();
                    });
            last = wallets.getLast();
        }
    }

    private static void add(Map<LotKind, Long> taken, LotKind kind, Money part) {
        taken.merge(kind, part.nanos(), Math::addExact);
    }

    private List<UUID> due(Handle handle, Instant now, UUID after) {
        return handle.createQuery(
                        """
                        SELECT DISTINCT wallet_id FROM credit_lot
                        WHERE open AND expires_at <= :now AND wallet_id > :after
                        ORDER BY wallet_id LIMIT :limit
                        """)
                .bind("now", now)
                .bind("after", after)
                .bind("limit", batch)
                .mapTo(UUID.class)
                .list();
    }
}
