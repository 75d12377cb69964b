package mooring.ledger.store;

import static java.util.Objects.requireNonNull;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import mooring.ids.WalletId;
import mooring.ledger.LeaseStore.Grant;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LeaseStore.Pulse;
import mooring.ledger.LeaseStore.Return;
import mooring.ledger.LeaseStore.Standing;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.argument.Argument;
import org.jspecify.annotations.Nullable;

/// Leases of wallets: the functions of migration V0009. What a wallet holds is the sum of its
/// leases, and each function changes both together.
final class WalletLeases implements LeasePart {

    /// A statement that takes longer meets a store that is as good as away.
    private static final int TIMEOUT_SECONDS = 2;

    /// Leases ended in one transaction: few enough not to keep wallets locked for long.
    private static final int CLOSE_BATCH = 500;

    private record Closed(UUID wallet, long epoch, long amount, long inUse) {}

    @Override
    public boolean has(Purse purse) {
        return purse instanceof Purse.OfWallet;
    }

    @Override
    public @Nullable Purse recalled(String notice) {
        try {
            return new Purse.OfWallet(new WalletId(UUID.fromString(notice)));
        } catch (IllegalArgumentException notAWallet) {
            return null;
        }
    }

    @Override
    public List<Grant> acquire(Handle handle, NodeEpoch node, List<Need> needs) {
        Map<UUID, Currency> currencies = new HashMap<>();
        needs.forEach(need -> currencies.put(uuid(need.purse()), need.need().currency()));
        return handle.createQuery(
                        """
                        SELECT wallet, granted, available, elsewhere, holders, unanswered, valid_for
                        FROM lease_acquire(:node, :epoch, :wallets, :operations, :leasts, :needs,
                            :wishes, :uses)
                        """)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .bind("wallets", SqlArrays.column("uuid", needs, need -> uuid(need.purse())))
                .bind("operations", SqlArrays.column("int8", needs, Need::operation))
                .bind("leasts", nanos(needs, Need::least))
                .bind("needs", nanos(needs, Need::need))
                .bind("wishes", nanos(needs, Need::wish))
                .bind("uses", nanos(needs, Need::inUse))
                .map(
                        (row, _) -> {
                            UUID wallet = row.getObject("wallet", UUID.class);
                            Currency currency = requireNonNull(currencies.get(wallet));
                            long validMillis = row.getLong("valid_for");
                            Duration validFor =
                                    row.wasNull()
                                            ? null
                                            : Duration.ofMillis(Math.max(0, validMillis));
                            return new Grant(
                                    purse(wallet),
                                    new Money(row.getLong("granted"), currency),
                                    standing(row, currency),
                                    validFor);
                        })
                .list();
    }

    @Override
    public void giveBack(Handle handle, NodeEpoch node, List<Return> returns) {
        handle.createQuery(
                        """
                        SELECT lease_give_back(:node, :epoch, :wallets, :operations, :amounts,
                            :uses, :lasts)
                        """)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .bind("wallets", SqlArrays.column("uuid", returns, back -> uuid(back.purse())))
                .bind("operations", SqlArrays.column("int8", returns, Return::operation))
                .bind("amounts", nanos(returns, Return::amount))
                .bind("uses", nanos(returns, Return::inUse))
                .bind("lasts", SqlArrays.column("bool", returns, Return::last))
                .mapTo(String.class)
                .list();
    }

    @Override
    public void recall(Handle handle, NodeEpoch node, List<Purse> purses) {
        handle.createQuery("SELECT lease_recall(:node, :wallets)")
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("wallets", SqlArrays.column("uuid", purses, WalletLeases::uuid))
                .mapTo(String.class)
                .list();
    }

    @Override
    public Pulse heartbeat(
            Handle handle, NodeEpoch node, Duration length, Map<Purse, Money> inUse) {
        Map<Purse, Standing> standings = new HashMap<>();
        List<Purse> recalled = new ArrayList<>();
        handle.createQuery(
                        """
                        SELECT wallet, recalled, available, elsewhere, holders, unanswered
                        FROM lease_heartbeat(:node, :epoch, :millis, :wallets, :uses)
                        """)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .bind("millis", length.toMillis())
                .bind("wallets", SqlArrays.column("uuid", inUse.keySet(), WalletLeases::uuid))
                .bind("uses", nanos(inUse.values(), money -> money))
                .map(
                        (row, _) -> {
                            Purse purse = purse(row.getObject("wallet", UUID.class));
                            Money used = inUse.get(purse);
                            if (row.getBoolean("recalled")) {
                                recalled.add(purse);
                            } else if (used != null) {
                                standings.put(purse, standing(row, used.currency()));
                            }
                            return purse;
                        })
                .list();
        return new Pulse(standings, recalled);
    }

    @Override
    public int close(Handle handle, String node, long epoch, @Nullable String unbilled) {
        List<Closed> closed = lockLeases(handle, node, epoch);
        if (closed.isEmpty()) {
            return 0;
        }
        handle.createQuery(
                        """
                        SELECT wallet_id FROM wallet_balance WHERE wallet_id = ANY (:wallets)
                        ORDER BY wallet_id FOR UPDATE
                        """)
                .bind("wallets", SqlArrays.column("uuid", closed, Closed::wallet))
                .mapTo(UUID.class)
                .list();
        handle.createUpdate(
                        """
                        UPDATE wallet_balance b SET held = b.held - c.amount
                        FROM (
                            SELECT wallet_id, sum(amount) AS amount
                            FROM unnest(:wallets, :amounts) AS c (wallet_id, amount)
                            GROUP BY wallet_id
                        ) c
                        WHERE b.wallet_id = c.wallet_id
                        """)
                .bind("wallets", SqlArrays.column("uuid", closed, Closed::wallet))
                .bind("amounts", SqlArrays.column("int8", closed, Closed::amount))
                .execute();
        handle.createUpdate(
                        """
                        DELETE FROM lease l USING unnest(:wallets, :epochs) AS c (wallet_id, epoch)
                        WHERE l.wallet_id = c.wallet_id AND l.node_id = :node AND l.epoch = c.epoch
                        """)
                .bind("wallets", SqlArrays.column("uuid", closed, Closed::wallet))
                .bind("epochs", SqlArrays.column("int8", closed, Closed::epoch))
                .bind("node", node)
                .execute();
        if (unbilled != null) {
            insertUnbilled(handle, node, unbilled, closed);
        }
        return closed.size();
    }

    private static List<Closed> lockLeases(Handle handle, String node, long epoch) {
        return handle.createQuery(
                        """
                        SELECT wallet_id, epoch, amount, in_use FROM lease
                        WHERE node_id = :node AND epoch < :epoch
                        ORDER BY wallet_id, epoch LIMIT :limit FOR UPDATE
                        """)
                .bind("node", node)
                .bind("epoch", epoch)
                .bind("limit", CLOSE_BATCH)
                .map(
                        (row, _) ->
                                new Closed(
                                        row.getObject("wallet_id", UUID.class),
                                        row.getLong("epoch"),
                                        row.getLong("amount"),
                                        row.getLong("in_use")))
                .list();
    }

    private static void insertUnbilled(
            Handle handle, String node, String reason, List<Closed> closed) {
        handle.createUpdate(
                        """
                        INSERT INTO unbilled (wallet_id, amount, in_use, reason, node_id, epoch, at)
                        SELECT c.wallet_id, c.amount, c.in_use, :reason, :node, c.epoch,
                            clock_timestamp()
                        FROM unnest(:wallets, :epochs, :amounts, :uses)
                            AS c (wallet_id, epoch, amount, in_use)
                        WHERE c.amount > 0
                        """)
                .bind("reason", reason)
                .bind("node", node)
                .bind("wallets", SqlArrays.column("uuid", closed, Closed::wallet))
                .bind("epochs", SqlArrays.column("int8", closed, Closed::epoch))
                .bind("amounts", SqlArrays.column("int8", closed, Closed::amount))
                .bind("uses", SqlArrays.column("int8", closed, Closed::inUse))
                .execute();
    }

    private static Standing standing(ResultSet row, Currency currency) throws SQLException {
        return new Standing(
                new Money(row.getLong("available"), currency),
                new Money(row.getLong("elsewhere"), currency),
                row.getInt("holders"),
                row.getInt("unanswered"));
    }

    private static <T> Argument nanos(Collection<T> rows, Function<T, Money> amount) {
        return SqlArrays.column("int8", rows, row -> amount.apply(row).nanos());
    }

    private static Purse purse(UUID wallet) {
        return new Purse.OfWallet(new WalletId(wallet));
    }

    private static UUID uuid(Purse purse) {
        return switch (purse) {
            case Purse.OfWallet(WalletId wallet) -> wallet.uuid();
            case Purse.OfBudget budget ->
                    throw new IllegalArgumentException(budget + " (expected: a wallet)");
        };
    }
}
