package mooring.ledger.store;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import mooring.ledger.LotKind;
import mooring.sql.BinaryRows;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The open lots of locked wallets: read once, drawn in memory, written back with one statement for
/// each table. A lot changes only under its wallet's lock, so it needs none of its own.
final class Lots {

    /// One lot as it will be, and what this act draws from it.
    static final class Lot {
        final UUID id;
        final UUID wallet;
        final LotKind kind;
        final int priority;
        final @Nullable Instant expiresAt;
        final long amount;
        final @Nullable UUID grantedBy;
        long remaining;
        long drawn;

        Lot(
                UUID id,
                UUID wallet,
                LotKind kind,
                int priority,
                @Nullable Instant expiresAt,
                long amount,
                long remaining,
                @Nullable UUID grantedBy) {
            this.id = id;
            this.wallet = wallet;
            this.kind = kind;
            this.priority = priority;
            this.expiresAt = expiresAt;
            this.amount = amount;
            this.remaining = remaining;
            this.grantedBy = grantedBy;
        }

        /// Takes up to `wish`; returns what it took.
        long draw(long wish) {
            long part = Math.min(wish, remaining);
            remaining -= part;
            drawn += part;
            return part;
        }

        boolean expired(Instant now) {
            return expiresAt != null && !expiresAt.isAfter(now);
        }
    }

    static final Comparator<Lot> DRAW_ORDER =
            Comparator.comparingInt((Lot lot) -> lot.priority)
                    .thenComparing(
                            lot -> lot.expiresAt, Comparator.nullsLast(Comparator.naturalOrder()))
                    .thenComparing(lot -> lot.id);

    private final Map<UUID, List<Lot>> byWallet = new HashMap<>();
    private final List<Lot> granted = new ArrayList<>();

    /// The wallets must be locked before, by an earlier statement.
    void read(Handle handle, Collection<UUID> wallets) {
        handle.createQuery(
                        """
                        SELECT id, wallet_id, kind, priority, expires_at, amount, remaining
                        FROM credit_lot WHERE wallet_id = ANY(:wallets) AND open
                        """)
                .bind("wallets", SqlArrays.column("uuid", wallets, id -> id))
                .map(
                        (row, _) -> {
                            OffsetDateTime expiry =
                                    row.getObject("expires_at", OffsetDateTime.class);
                            return new Lot(
                                    row.getObject("id", UUID.class),
                                    row.getObject("wallet_id", UUID.class),
                                    LotKind.of(row.getString("kind")),
                                    row.getInt("priority"),
                                    expiry == null ? null : expiry.toInstant(),
                                    row.getLong("amount"),
                                    row.getLong("remaining"),
                                    null);
                        })
                .forEach(lot -> of(lot.wallet).add(lot));
        byWallet.values().forEach(lots -> lots.sort(DRAW_ORDER));
    }

    /// A wallet's lots in the order in which they are drawn.
    List<Lot> of(UUID wallet) {
        return byWallet.computeIfAbsent(wallet, _ -> new ArrayList<>(2));
    }

    void grant(Lot lot) {
        granted.add(lot);
        List<Lot> lots = of(lot.wallet);
        lots.add(lot);
        lots.sort(DRAW_ORDER);
    }

    void write(Handle handle, UUID booking, Instant at) {
        if (!granted.isEmpty()) {
            insert(handle, at);
        }
        List<Lot> drawn = new ArrayList<>();
        byWallet.values()
                .forEach(lots -> lots.stream().filter(l -> l.drawn > 0).forEach(drawn::add));
        if (drawn.isEmpty()) {
            return;
        }
        handle.createUpdate(
                        """
                        UPDATE credit_lot l SET remaining = n.remaining
                        FROM unnest(:ids, :remaining) AS n (id, remaining) WHERE l.id = n.id
                            AND l.remaining <> n.remaining
                        """)
                .bind("ids", SqlArrays.column("uuid", drawn, lot -> lot.id))
                .bind("remaining", SqlArrays.column("int8", drawn, lot -> lot.remaining))
                .execute();
        BinaryRows draws = new BinaryRows("lot_draw", "booking, lot_id, amount", drawn.size());
        for (Lot lot : drawn) {
            draws.row().uuid(booking).uuid(lot.id).int8(lot.drawn);
        }
        draws.copy(handle);
    }

    private void insert(Handle handle, Instant at) {
        handle.createUpdate(
                        """
                        INSERT INTO credit_lot (id, wallet_id, kind, priority, amount, remaining,
                            expires_at, transfer_id, created_at)
                        SELECT n.id, n.wallet_id, n.kind, n.priority, n.amount, n.remaining,
                            n.expires_at, n.transfer_id, :at
                        FROM unnest(:ids, :wallets, :kinds, :priorities, :amounts, :remaining,
                                :expiries, :transfers)
                            AS n (id, wallet_id, kind, priority, amount, remaining, expires_at,
                                transfer_id)
                        """)
                .bind("ids", SqlArrays.column("uuid", granted, lot -> lot.id))
                .bind("wallets", SqlArrays.column("uuid", granted, lot -> lot.wallet))
                .bind("kinds", SqlArrays.column("text", granted, lot -> lot.kind.text()))
                .bind("priorities", SqlArrays.column("int2", granted, lot -> lot.priority))
                .bind("amounts", SqlArrays.column("int8", granted, lot -> lot.amount))
                .bind("remaining", SqlArrays.column("int8", granted, lot -> lot.remaining))
                .bind("expiries", SqlArrays.column("timestamptz", granted, lot -> lot.expiresAt))
                .bind("transfers", SqlArrays.column("uuid", granted, lot -> lot.grantedBy))
                .bind("at", at)
                .execute();
    }
}
