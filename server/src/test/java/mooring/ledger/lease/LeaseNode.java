package mooring.ledger.lease;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.RecallFeed;
import mooring.money.Money;
import mooring.sql.SqlArrays;
import mooring.testing.Await;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// A node as far as leases go: its own life on record, a keeper at work, and books that draw on its
/// leases a little later, as the drain does.
final class LeaseNode implements AutoCloseable {

    private record Charge(Hold hold, Money amount) {
        long drawn() {
            return Math.min(hold.amount().nanos(), amount.nanos());
        }
    }

    private static final Duration TICK = Duration.ofMillis(50);

    final NodeEpoch node;
    final LeaseBook book;
    final LeaseKeeper keeper;
    private final Jdbi jdbi;
    private final LeaseLoop loop;
    private final RecallFeed feed;
    private final BlockingQueue<Charge> journal = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    LeaseNode(LedgerWorld world, String id, Jdbi jdbi, LeaseTimings timings) {
        this.jdbi = jdbi;
        this.node = new NodeRegistration(world.jdbi, world.clock).begin(id);
        this.book = new LeaseBook(world.clock, timings);
        this.keeper = new LeaseKeeper(book, new PostgresLeaseStore(jdbi), node);
        this.loop = new LeaseLoop(book, keeper);
        this.feed = new RecallFeed(world.jdbi, book::recalled);
        start("keeper", loop);
        start("ticks", this::tick);
        start("drain", this::drain);
    }

    LeaseNode(LedgerWorld world, String id) {
        this(world, id, world.jdbi, LeaseTimings.DEFAULT);
    }

    HoldDecision place(LedgerWorld world, Customer customer, Money amount) {
        return LedgerWorld.answer(
                book.place(
                        world.ids.nextRequest(), customer.principal().wallet(), List.of(), amount));
    }

    /// The request is done and costs this much.
    void charge(Hold hold, Money amount) {
        book.charged(hold, amount);
        journal.add(new Charge(hold, amount));
    }

    boolean drained() {
        return journal.isEmpty();
    }

    /// Gives everything back, as at a planned stop.
    void leave() {
        keeper.close();
        Await.until(
                node + " gives back",
                LedgerWorld.PATIENCE,
                () -> {
                    LockSupport.unpark(threads.getFirst());
                    return keeper.closed();
                });
        close();
    }

    /// As kill -9: whatever it holds stays held.
    @Override
    public void close() {
        stopped = true;
        loop.close();
        feed.close();
        for (Thread thread : threads) {
            try {
                thread.join(LedgerWorld.PATIENCE);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    private void start(String name, Runnable work) {
        threads.add(Thread.ofVirtual().name(node.node() + " " + name).start(work));
    }

    private void tick() {
        while (!stopped) {
            book.tick();
            LockSupport.parkNanos(TICK.toNanos());
        }
    }

    private void drain() {
        try {
            while (!stopped) {
                Charge first = journal.poll(20, TimeUnit.MILLISECONDS);
                if (first != null) {
                    List<Charge> batch = new ArrayList<>(List.of(first));
                    journal.drainTo(batch, 200);
                    book(batch);
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void book(List<Charge> batch) {
        jdbi.useTransaction(handle -> draw(handle, batch));
        for (Charge charge : batch) {
            Money drawn = new Money(charge.drawn(), charge.amount().currency());
            book.booked(new Purse.OfWallet(charge.hold().wallet()), drawn, drawn);
        }
    }

    /// Draws from this node's leases, as the books do, without any of their other rows.
    private void draw(Handle handle, List<Charge> batch) {
        handle.createQuery(
                        """
                        SELECT wallet_id FROM lease
                        WHERE wallet_id = ANY (:wallets) AND node_id = :node AND epoch = :epoch
                        ORDER BY wallet_id FOR UPDATE
                        """)
                .bind("wallets", SqlArrays.column("uuid", batch, c -> c.hold().wallet().uuid()))
                .bind("node", node.node())
                .bind("epoch", node.epoch())
                .mapTo(String.class)
                .list();
        for (Charge charge : batch) {
            handle.createUpdate(
                            """
                            WITH drawn AS (
                                UPDATE lease SET amount = amount - :drawn
                                WHERE wallet_id = :wallet AND node_id = :node AND epoch = :epoch
                            )
                            UPDATE wallet_balance SET posted = posted - :drawn, held = held - :drawn
                            WHERE wallet_id = :wallet
                            """)
                    .bind("drawn", charge.drawn())
                    .bind("wallet", charge.hold().wallet().uuid())
                    .bind("node", node.node())
                    .bind("epoch", node.epoch())
                    .execute();
        }
    }
}
