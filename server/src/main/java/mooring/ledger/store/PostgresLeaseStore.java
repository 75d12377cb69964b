package mooring.ledger.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mooring.ledger.EpochClosedException;
import mooring.ledger.LeaseStore;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Money;
import mooring.sql.SqlFaults;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/// Leases in PostgreSQL. Each kind of purse has its own part, and each part's call is one statement
/// that commits by itself: a batch of wallets alone is one round trip.
public final class PostgresLeaseStore implements LeaseStore {

    /// What the functions in the database say to a life of a node that is over.
    private static final String EPOCH_CLOSED = "MO001";

    private final Jdbi jdbi;
    private final List<LeasePart> parts;

    public PostgresLeaseStore(Jdbi jdbi) {
        this(jdbi, LeasePart.all());
    }

    /// @param parts the wallets' first; every purse has one
    public PostgresLeaseStore(Jdbi jdbi, List<LeasePart> parts) {
        this.jdbi = jdbi;
        this.parts = List.copyOf(parts);
    }

    @Override
    public List<Grant> acquire(NodeEpoch node, List<Need> needs) {
        Map<Purse, Grant> grants = new HashMap<>();
        run(
                node,
                handle -> {
                    for (LeasePart part : parts) {
                        List<Need> own =
                                needs.stream().filter(need -> part.has(need.purse())).toList();
                        if (!own.isEmpty()) {
                            part.acquire(handle, node, own)
                                    .forEach(grant -> grants.put(grant.purse(), grant));
                        }
                    }
                });
        List<Grant> inOrder = new ArrayList<>(needs.size());
        for (Need need : needs) {
            Grant grant = grants.get(need.purse());
            if (grant == null) {
                throw new IllegalArgumentException(
                        need.purse() + " (expected: a kind of purse that money is leased from)");
            }
            inOrder.add(grant);
        }
        return inOrder;
    }

    @Override
    public void giveBack(NodeEpoch node, List<Return> returns) {
        LeaseStore.requireEachPurseOnce(returns);
        run(
                node,
                handle -> {
                    for (LeasePart part : parts) {
                        List<Return> own =
                                returns.stream().filter(back -> part.has(back.purse())).toList();
                        if (!own.isEmpty()) {
                            part.giveBack(handle, node, own);
                        }
                    }
                });
    }

    @Override
    public void recall(NodeEpoch node, List<Purse> purses) {
        run(
                node,
                handle -> {
                    for (LeasePart part : parts) {
                        List<Purse> own = purses.stream().filter(part::has).toList();
                        if (!own.isEmpty()) {
                            part.recall(handle, node, own);
                        }
                    }
                });
    }

    @Override
    public Pulse heartbeat(NodeEpoch node, Duration length, Map<Purse, Money> inUse) {
        Map<Purse, Standing> standings = new HashMap<>();
        List<Purse> recalled = new ArrayList<>();
        run(
                node,
                handle -> {
                    for (LeasePart part : parts) {
                        Map<Purse, Money> own = new LinkedHashMap<>();
                        inUse.forEach(
                                (purse, money) -> {
                                    if (part.has(purse)) {
                                        own.put(purse, money);
                                    }
                                });
                        Pulse pulse = part.heartbeat(handle, node, length, own);
                        standings.putAll(pulse.standings());
                        recalled.addAll(pulse.recalled());
                    }
                });
        return new Pulse(standings, recalled);
    }

    @Override
    public void close(NodeEpoch node) {
        for (LeasePart part : parts) {
            int closed;
            do {
                closed =
                        jdbi.inTransaction(
                                handle -> part.close(handle, node.node(), node.epoch(), null));
            } while (closed > 0);
        }
    }

    private interface Call {
        void on(Handle handle);
    }

    private void run(NodeEpoch node, Call call) {
        try {
            jdbi.useHandle(call::on);
        } catch (JdbiException e) {
            if (EPOCH_CLOSED.equals(SqlFaults.state(e))) {
                EpochClosedException closed = new EpochClosedException(node);
                closed.initCause(e);
                throw closed;
            }
            throw e;
        }
    }
}
