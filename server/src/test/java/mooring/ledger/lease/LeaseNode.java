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
import mooring.ledger.store.BudgetBooks;
import mooring.ledger.store.NodeRegistration;
import mooring.ledger.store.PostgresLeaseStore;
import mooring.ledger.store.RecallFeed;
import mooring.metering.UsageBooks;
import mooring.metering.UsageRecord;
import mooring.metering.store.PostgresUsageBooks;
import mooring.money.Money;
import mooring.testing.Await;
import org.jdbi.v3.core.Jdbi;

/// A node as far as leases go: its own life on record, a keeper at work, and the books, which draw
/// on its leases a little later.
final class LeaseNode implements AutoCloseable {

    private static final Duration TICK = Duration.ofMillis(50);

    final NodeEpoch node;
    final LeaseBook book;
    final LeaseKeeper keeper;
    private final UsageBooks books;
    private final LeaseLoop loop;
    private final RecallFeed feed;
    private final BlockingQueue<UsageRecord> journal = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    LeaseNode(LedgerWorld world, String id, Jdbi jdbi, LeaseTimings timings) {
        this.node = new NodeRegistration(world.jdbi, world.clock).begin(id);
        this.books = new PostgresUsageBooks(jdbi, id, world.clock, world.ids, BudgetBooks.NONE);
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

    /// The request is done after so many tokens.
    void charge(LedgerWorld world, Customer customer, Hold hold, long tokens) {
        UsageRecord record = world.record(customer, node, hold, tokens);
        book.charged(hold, record.charge());
        journal.add(record);
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
                UsageRecord first = journal.poll(20, TimeUnit.MILLISECONDS);
                if (first != null) {
                    List<UsageRecord> batch = new ArrayList<>(List.of(first));
                    journal.drainTo(batch, 200);
                    book(batch);
                }
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void book(List<UsageRecord> batch) {
        List<UsageBooks.Booking> bookings = books.book(List.copyOf(batch));
        for (int i = 0; i < batch.size(); i++) {
            UsageRecord record = batch.get(i);
            Money charged =
                    record.charge().compareTo(record.hold().amount()) < 0
                            ? record.charge()
                            : record.hold().amount();
            Money drawn = ((UsageBooks.Booking.Settled) bookings.get(i)).drawn();
            book.booked(new Purse.OfWallet(record.hold().wallet()), charged, drawn);
        }
    }
}
