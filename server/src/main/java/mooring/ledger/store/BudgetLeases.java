package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import mooring.ids.BudgetId;
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

/// Leases of budgets' periods: the functions of migration V0007. What a period holds is the sum of
/// its leases, and each function changes both together.
final class BudgetLeases implements LeasePart {

    /// A statement that takes longer meets a store that is as good as away.
    private static final int TIMEOUT_SECONDS = 2;

    /// Leases ended in one transaction: few enough not to keep periods locked for long.
    private static final int CLOSE_BATCH = 500;

    private record Closed(UUID budget, LocalDate startsOn, long epoch, long amount) {}

    @Override
    public boolean has(Purse purse) {
        return purse instanceof Purse.OfBudget;
    }

    @Override
    public @Nullable Purse recalled(String notice) {
        String[] parts = notice.split("/", 2);
        if (parts.length != 2) {
            return null;
        }
        try {
            return new Purse.OfBudget(
                    new BudgetId(UUID.fromString(parts[0])), LocalDate.parse(parts[1]));
        } catch (IllegalArgumentException | DateTimeParseException notABudget) {
            return null;
        }
    }

    @Override
    public List<Grant> acquire(Handle handle, NodeEpoch node, List<Need> needs) {
        List<Grant> grants = new ArrayList<>();
        List<Need> unmade = ask(handle, node, needs, grants);
        if (!unmade.isEmpty()) {
            BudgetPeriods.make(handle, unmade.stream().map(need -> budget(need.purse())).toList());
            if (!ask(handle, node, unmade, grants).isEmpty()) {
                throw new IllegalStateException("periods of budgets are gone that were just made");
            }
        }
        return grants;
    }

    /// Adds the grants, and returns what has to be asked again because its period is not there.
    private static List<Need> ask(
            Handle handle, NodeEpoch node, List<Need> needs, List<Grant> grants) {
        Map<Purse, Need> byPurse = new HashMap<>();
        needs.forEach(need -> byPurse.put(need.purse(), need));
        List<Need> unmade = new ArrayList<>();
        handle.createQuery(
                        """
                        SELECT budget, start, granted, available, elsewhere, holders, unanswered
                        FROM budget_lease_acquire(:node, :epoch, :budgets, :starts, :operations,
                            :leasts, :needs, :wishes, :uses)
                        """)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .bind("budgets", budgets(needs, Need::purse))
                .bind("starts", starts(needs, Need::purse))
                .bind("operations", SqlArrays.column("int8", needs, Need::operation))
                .bind("leasts", nanos(needs, Need::least))
                .bind("needs", nanos(needs, Need::need))
                .bind("wishes", nanos(needs, Need::wish))
                .bind("uses", nanos(needs, Need::inUse))
                .map(
                        (row, _) -> {
                            Purse purse = purse(row);
                            Need need = Objects.requireNonNull(byPurse.get(purse));
                            long granted = row.getLong("granted");
                            if (row.wasNull()) {
                                unmade.add(need);
                            } else {
                                Currency currency = need.need().currency();
                                grants.add(
                                        new Grant(
                                                purse,
                                                new Money(granted, currency),
                                                standing(row, currency),
                                                null));
                            }
                            return purse;
                        })
                .list();
        return unmade;
    }

    @Override
    public void giveBack(Handle handle, NodeEpoch node, List<Return> returns) {
        handle.createQuery(
                        """
                        SELECT budget_lease_give_back(:node, :epoch, :budgets, :starts,
                            :operations, :amounts, :uses, :lasts)
                        """)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .bind("budgets", budgets(returns, Return::purse))
                .bind("starts", starts(returns, Return::purse))
                .bind("operations", SqlArrays.column("int8", returns, Return::operation))
                .bind("amounts", nanos(returns, Return::amount))
                .bind("uses", nanos(returns, Return::inUse))
                .bind("lasts", SqlArrays.column("bool", returns, Return::last))
                .mapTo(String.class)
                .list();
    }

    @Override
    public void recall(Handle handle, NodeEpoch node, List<Purse> purses) {
        ask(handle, node.node(), purses);
    }

    /// Asks all living nodes to give back what they have free, as when a limit was lowered.
    static void recallAll(Handle handle, List<Purse> purses) {
        ask(handle, null, purses);
    }

    private static void ask(Handle handle, @Nullable String node, List<Purse> purses) {
        handle.createQuery("SELECT budget_lease_recall(:node, :budgets, :starts)")
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bindByType("node", node, String.class)
                .bind("budgets", budgets(purses, purse -> purse))
                .bind("starts", starts(purses, purse -> purse))
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
                        SELECT budget, start, recalled, available, elsewhere, holders, unanswered
                        FROM budget_lease_heartbeat(:node, :epoch, :budgets, :starts, :uses)
                        """)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .bind("budgets", budgets(inUse.keySet(), purse -> purse))
                .bind("starts", starts(inUse.keySet(), purse -> purse))
                .bind("uses", nanos(inUse.values(), money -> money))
                .map(
                        (row, _) -> {
                            Purse purse = purse(row);
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

    /// What was in them goes back to the budgets' periods. What of it was used and is not booked
    /// stands with the wallets' leases.
    @Override
    public int close(Handle handle, String node, long epoch, @Nullable String unbilled) {
        List<Closed> closed = lockLeases(handle, node, epoch);
        if (closed.isEmpty()) {
            return 0;
        }
        handle.createQuery(
                        """
                        SELECT p.budget_id
                        FROM (SELECT DISTINCT id, first FROM unnest(:budgets, :starts)
                            AS c (id, first)) c
                        JOIN budget_period p ON p.budget_id = c.id AND p.starts_on = c.first
                        ORDER BY p.budget_id, p.starts_on FOR UPDATE OF p
                        """)
                .bind("budgets", SqlArrays.column("uuid", closed, Closed::budget))
                .bind("starts", SqlArrays.column("date", closed, Closed::startsOn))
                .mapTo(UUID.class)
                .list();
        handle.createUpdate(
                        """
                        WITH gone AS (
                            DELETE FROM budget_lease l
                            USING unnest(:budgets, :starts, :epochs) AS c (id, first, life)
                            WHERE l.budget_id = c.id AND l.starts_on = c.first
                                AND l.node_id = :node AND l.epoch = c.life
                            RETURNING l.budget_id, l.starts_on, l.amount
                        )
                        UPDATE budget_period p SET held = p.held - g.amount
                        FROM (
                            SELECT budget_id, starts_on, sum(amount) AS amount FROM gone
                            GROUP BY budget_id, starts_on
                        ) g
                        WHERE p.budget_id = g.budget_id AND p.starts_on = g.starts_on
                        """)
                .bind("budgets", SqlArrays.column("uuid", closed, Closed::budget))
                .bind("starts", SqlArrays.column("date", closed, Closed::startsOn))
                .bind("epochs", SqlArrays.column("int8", closed, Closed::epoch))
                .bind("node", node)
                .execute();
        return closed.size();
    }

    private static List<Closed> lockLeases(Handle handle, String node, long epoch) {
        return handle.createQuery(
                        """
                        SELECT budget_id, starts_on, epoch, amount FROM budget_lease
                        WHERE node_id = :node AND epoch < :epoch
                        ORDER BY budget_id, starts_on, epoch LIMIT :limit FOR UPDATE
                        """)
                .bind("node", node)
                .bind("epoch", epoch)
                .bind("limit", CLOSE_BATCH)
                .map(
                        (row, _) ->
                                new Closed(
                                        row.getObject("budget_id", UUID.class),
                                        row.getObject("starts_on", LocalDate.class),
                                        row.getLong("epoch"),
                                        row.getLong("amount")))
                .list();
    }

    private static Standing standing(ResultSet row, Currency currency) throws SQLException {
        return new Standing(
                new Money(row.getLong("available"), currency),
                new Money(row.getLong("elsewhere"), currency),
                row.getInt("holders"),
                row.getInt("unanswered"));
    }

    private static Purse.OfBudget purse(ResultSet row) throws SQLException {
        return new Purse.OfBudget(
                new BudgetId(row.getObject("budget", UUID.class)),
                row.getObject("start", LocalDate.class));
    }

    private static <T> Argument nanos(Collection<T> rows, Function<T, Money> amount) {
        return SqlArrays.column("int8", rows, row -> amount.apply(row).nanos());
    }

    private static <T> Argument budgets(Collection<T> rows, Function<T, Purse> purse) {
        return SqlArrays.column("uuid", rows, row -> budget(purse.apply(row)).budget().uuid());
    }

    private static <T> Argument starts(Collection<T> rows, Function<T, Purse> purse) {
        return SqlArrays.column("date", rows, row -> budget(purse.apply(row)).startsOn());
    }

    private static Purse.OfBudget budget(Purse purse) {
        return switch (purse) {
            case Purse.OfBudget budget -> budget;
            case Purse.OfWallet wallet ->
                    throw new IllegalArgumentException(wallet + " (expected: a budget)");
        };
    }
}
