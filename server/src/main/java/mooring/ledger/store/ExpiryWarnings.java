package mooring.ledger.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import mooring.ids.LotId;
import mooring.ids.WalletId;
import mooring.json.Json;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.Outbox;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// Tells of credit that will expire soon: one event for each lot, once. Blocking.
public final class ExpiryWarnings {

    private static final int BATCH = 500;

    private final Jdbi jdbi;
    private final Duration ahead;

    /// @param ahead how long before its end a lot is announced; zero for not at all
    public ExpiryWarnings(Jdbi jdbi, Duration ahead) {
        this.jdbi = jdbi;
        this.ahead = ahead;
    }

    private record Lot(UUID id, UUID wallet, String kind, Money remaining, Instant expiresAt) {}

    /// Warns of what expires so soon after `now`.
    ///
    /// @return of how many lots
    public int run(Instant now) {
        int warned = 0;
        while (true) {
            List<Lot> lots = jdbi.inTransaction(handle -> batch(handle, now, now.plus(ahead)));
            warned += lots.size();
            if (lots.size() < BATCH) {
                return warned;
            }
        }
    }

    /// Two nodes at once: the second waits for the first's row and does not get it.
    private static List<Lot> batch(Handle handle, Instant now, Instant until) {
        List<Lot> lots =
                handle.createQuery(
                                """
                                WITH due AS (
                                    SELECT l.id, l.wallet_id, l.kind, l.remaining, l.expires_at
                                    FROM credit_lot l
                                    WHERE l.open AND l.expires_at > :now AND l.expires_at <= :until
                                        AND NOT EXISTS (
                                            SELECT FROM lot_warning w WHERE w.lot_id = l.id)
                                    ORDER BY l.expires_at, l.id LIMIT :limit),
                                warned AS (
                                    INSERT INTO lot_warning (lot_id, warned_at)
                                    SELECT id, :now FROM due ORDER BY id
                                    ON CONFLICT (lot_id) DO NOTHING RETURNING lot_id)
                                SELECT d.*, w.currency FROM due d
                                JOIN warned ON warned.lot_id = d.id
                                JOIN wallet w ON w.id = d.wallet_id
                                ORDER BY d.expires_at, d.id
                                """)
                        .bind("now", now)
                        .bind("until", until)
                        .bind("limit", BATCH)
                        .map(
                                (row, _) ->
                                        new Lot(
                                                row.getObject("id", UUID.class),
                                                row.getObject("wallet_id", UUID.class),
                                                row.getString("kind"),
                                                new Money(
                                                        row.getLong("remaining"),
                                                        new Currency(row.getString("currency"))),
                                                Objects.requireNonNull(
                                                        Instants.of(row, "expires_at"))))
                        .list();
        for (Lot lot : lots) {
            WalletId wallet = new WalletId(lot.wallet());
            ObjectNode payload = Json.MAPPER.createObjectNode();
            payload.put("wallet", wallet.toString());
            payload.put("lot", new LotId(lot.id()).toString());
            payload.put("kind", lot.kind());
            payload.put("remaining", lot.remaining().text());
            payload.put("currency", lot.remaining().currency().code());
            payload.put("expires_at", lot.expiresAt().toString());
            Outbox.add(handle, "wallet.expiring", wallet.toString(), payload.toString(), now);
        }
        return lots;
    }
}
