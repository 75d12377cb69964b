package mooring.ledger.store;

import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ids.IdGenerator;
import mooring.ids.WalletId;
import mooring.ledger.LotKind;
import mooring.sql.SqlFaults;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes expired credit out of wallets: what was paid for becomes breakage, what was given or
/// included goes back to where it came from. What a lease has stays until it comes back; leases end
/// no later than the lots that they could draw, so a later run finds it. Blocking.
public final class LotExpiry {

    private static final Logger LOG = LoggerFactory.getLogger(LotExpiry.class);

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
    /// @throws IllegalStateException when some wallets failed, after all others were done
    /// @return what was taken, in nano units by kind of lot over all currencies
    public Map<LotKind, Long> run(Instant now) {
        Map<LotKind, Long> taken = new EnumMap<>(LotKind.class);
        Map<WalletId, RuntimeException> failed = new LinkedHashMap<>();
        UUID last = FIRST;
        while (true) {
            UUID after = last;
            List<UUID> wallets = jdbi.withHandle(handle -> due(handle, now, after));
            if (wallets.isEmpty()) {
                if (!failed.isEmpty()) {
                    throw new IllegalStateException(
                            "expired credit stays in " + failed.keySet(),
                            failed.values().iterator().next());
                }
                return taken;
            }
            expire(wallets.stream().map(WalletId::new).toList(), now, taken, failed);
            last = wallets.getLast();
        }
    }

    /// A wallet that fails is left out, and the others of its batch are taken one by one.
    private void expire(
            List<WalletId> wallets,
            Instant now,
            Map<LotKind, Long> taken,
            Map<WalletId, RuntimeException> failed) {
        try {
            expire(wallets, now).forEach((kind, nanos) -> taken.merge(kind, nanos, Math::addExact));
        } catch (RuntimeException e) {
            if (SqlFaults.transientFault(e)) {
                throw e;
            }
            if (wallets.size() == 1) {
                LOG.error("{}: its expired credit stays: {}", wallets.getFirst(), e.toString());
                failed.put(wallets.getFirst(), e);
                return;
            }
            for (WalletId wallet : wallets) {
                expire(List.of(wallet), now, taken, failed);
            }
        }
    }

    private Map<LotKind, Long> expire(List<WalletId> wallets, Instant now) {
        return jdbi.inTransaction(
                handle -> {
                    Map<LotKind, Long> taken = new EnumMap<>(LotKind.class);
                    WalletBooks books = WalletBooks.open(handle, ids, now, wallets);
                    for (WalletId wallet : wallets) {
                        books.expire(wallet, now)
                                .forEach(
                                        (kind, part) ->
                                                taken.merge(kind, part.nanos(), Math::addExact));
                    }
                    books.write();
                    return taken;
                });
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
