package mooring.ledger.store;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import mooring.ids.OrganizationId;
import mooring.ids.WalletId;
import mooring.ledger.Balances;
import mooring.ledger.LotKind;
import mooring.ledger.NodeEpoch;
import mooring.money.Currency;
import mooring.money.Money;
import org.jdbi.v3.core.Jdbi;

/// Wallets and what is in use of them, in PostgreSQL: one statement, so that all of it is of one
/// instant.
public final class PostgresBalances implements Balances.Books {

    private final Jdbi jdbi;
    private final NodeEpoch here;

    /// @param here this life of this node, whose lease is told apart
    public PostgresBalances(Jdbi jdbi, NodeEpoch here) {
        this.jdbi = jdbi;
        this.here = here;
    }

    /// What a lease's node said last may be older than a booking that made the lease smaller.
    @Override
    public Optional<Balances.Booked> read(OrganizationId organization) {
        return Checks.answered(() -> readNow(organization));
    }

    private Optional<Balances.Booked> readNow(OrganizationId organization) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT w.id, b.currency, b.posted,
                                            coalesce(l.leased_here, 0) AS leased_here,
                                            coalesce(l.elsewhere, 0) AS elsewhere,
                                            ARRAY(SELECT c.kind FROM credit_lot c
                                                WHERE c.wallet_id = w.id AND c.open
                                                ORDER BY c.priority, c.expires_at, c.id) AS kinds,
                                            ARRAY(SELECT c.remaining FROM credit_lot c
                                                WHERE c.wallet_id = w.id AND c.open
                                                ORDER BY c.priority, c.expires_at, c.id)
                                                AS remaining
                                        FROM wallet w
                                        JOIN wallet_balance b ON b.wallet_id = w.id
                                        LEFT JOIN LATERAL (
                                            SELECT
                                                sum(n.amount) FILTER (WHERE n.own) AS leased_here,
                                                sum(n.used) FILTER (WHERE NOT n.own) AS elsewhere
                                            FROM (
                                                SELECT amount, least(amount, in_use) AS used,
                                                    node_id = :node AND epoch = :epoch AS own
                                                FROM lease WHERE wallet_id = w.id) n
                                        ) l ON true
                                        WHERE w.organization_id = :organization
                                        """)
                                .bind("organization", organization.uuid())
                                .bind("node", here.node())
                                .bind("epoch", here.epoch())
                                .map((row, _) -> booked(row))
                                .findOne());
    }

    private static Balances.Booked booked(ResultSet row) throws SQLException {
        Currency currency = new Currency(row.getString("currency"));
        return new Balances.Booked(
                new WalletId(row.getObject("id", UUID.class)),
                new Money(row.getLong("posted"), currency),
                row.getLong("leased_here"),
                new Money(row.getLong("elsewhere"), currency),
                parts(row.getArray("kinds"), row.getArray("remaining"), currency));
    }

    private static List<Balances.Part> parts(Array kinds, Array remaining, Currency currency)
            throws SQLException {
        String[] names = (String[]) kinds.getArray();
        Long[] amounts = (Long[]) remaining.getArray();
        List<Balances.Part> parts = new ArrayList<>(names.length);
        for (int i = 0; i < names.length; i++) {
            parts.add(new Balances.Part(LotKind.of(names[i]), new Money(amounts[i], currency)));
        }
        return parts;
    }
}
