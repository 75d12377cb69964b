package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import mooring.ids.LotId;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.ledger.LotKind;
import mooring.ledger.Statements;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/// Lots and transfers of wallets, read from PostgreSQL.
public final class PostgresStatements implements Statements {

    private final Jdbi jdbi;

    public PostgresStatements(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    @Override
    public List<Lot> lots(
            OrganizationId organization, boolean open, @Nullable LotId after, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT l.id, l.kind, l.priority, w.currency, l.amount,
                                            l.remaining, l.expires_at, l.transfer_id, l.created_at
                                        FROM wallet w JOIN credit_lot l ON l.wallet_id = w.id
                                        WHERE w.organization_id = :organization
                                            AND (l.open OR NOT :open)
                                            AND (CAST(:after AS uuid) IS NULL
                                                OR l.id > CAST(:after AS uuid))
                                        ORDER BY l.id LIMIT :limit
                                        """)
                                .bind("organization", organization.uuid())
                                .bind("open", open)
                                .bindByType(
                                        "after", after == null ? null : after.uuid(), UUID.class)
                                .bind("limit", limit)
                                .map((row, _) -> lot(row))
                                .list());
    }

    @Override
    public List<Entry> transfers(
            OrganizationId organization, @Nullable TransferId before, int limit) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT t.id, t.kind, t.currency, t.amount, t.reason,
                                            t.reference, t.booked_at,
                                            CASE
                                                WHEN 'receivable' IN (d.kind, c.kind) THEN 0
                                                WHEN c.kind = 'customer_wallet' THEN t.amount
                                                ELSE -t.amount END AS change
                                        FROM wallet w
                                        JOIN transfer t ON t.wallet_id = w.id
                                        JOIN account d ON d.id = t.debit_account
                                        JOIN account c ON c.id = t.credit_account
                                        WHERE w.organization_id = :organization
                                            AND 'customer_wallet' IN (d.kind, c.kind)
                                            AND (CAST(:before AS uuid) IS NULL
                                                OR t.id < CAST(:before AS uuid))
                                        ORDER BY t.id DESC LIMIT :limit
                                        """)
                                .bind("organization", organization.uuid())
                                .bindByType(
                                        "before", before == null ? null : before.uuid(), UUID.class)
                                .bind("limit", limit)
                                .map((row, _) -> entry(row))
                                .list());
    }

    private static Lot lot(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        UUID transfer = row.getObject("transfer_id", UUID.class);
        return new Lot(
                new LotId(row.getObject("id", UUID.class)),
                LotKind.of(row.getString("kind")),
                row.getInt("priority"),
                new Money(row.getLong("amount"), currency),
                new Money(row.getLong("remaining"), currency),
                Instants.of(row, "expires_at"),
                transfer == null ? null : new TransferId(transfer),
                instant(row, "created_at"));
    }

    private static Entry entry(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        return new Entry(
                new TransferId(row.getObject("id", UUID.class)),
                row.getString("kind"),
                new Money(row.getLong("amount"), currency),
                new Money(row.getLong("change"), currency),
                row.getString("reason"),
                row.getString("reference"),
                instant(row, "booked_at"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return Objects.requireNonNull(Instants.of(row, column), column);
    }
}
