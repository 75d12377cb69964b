package mooring.ledger.store;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import mooring.accounts.Principal;
import mooring.ids.RequestId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.LedgerWorld;
import mooring.ledger.LedgerWorld.Customer;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.ledger.lease.LeaseBook;
import mooring.ledger.lease.LeaseKeeper;
import mooring.ledger.lease.LeaseLoop;
import mooring.ledger.lease.LeaseTimings;
import mooring.metering.Acceptance;
import mooring.metering.Outcome;
import mooring.metering.UsageBooks.Booking;
import mooring.metering.UsageRecord;
import mooring.money.Money;
import mooring.testing.Await;
import mooring.time.Clock;

/// A node as far as money goes: leases of wallets and budgets, and the real books behind them, some
/// milliseconds late.
final class BudgetNode implements AutoCloseable {

    private static final Duration TICK = Duration.ofMillis(50);

    final NodeEpoch node;
    final LeaseBook book;
    private final LedgerWorld world;
    private final Clock clock;
    private final LeaseKeeper keeper;
    private final LeaseLoop loop;
    private final RecallFeed feed;
    private final BlockingQueue<UsageRecord> journal = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;
    private volatile boolean idle = true;

    /// @param clock tells which period a request is admitted in
    BudgetNode(LedgerWorld world, String id, Clock clock) {
        this.world = world;
        this.clock = clock;
        this.node = new NodeRegistration(world.jdbi, world.clock).begin(id);
        this.book = new LeaseBook(world.clock, LeaseTimings.DEFAULT);
        this.keeper = new LeaseKeeper(book, new PostgresLeaseStore(world.jdbi), node);
        this.loop = new LeaseLoop(book, keeper);
        this.feed = new RecallFeed(world.jdbi, book::recalled);
        start("keeper", loop);
        start("ticks", this::tick);
        start("drain", this::drain);
    }

    /// As admission does: the budgets' periods of this instant.
    HoldDecision place(Principal principal, Money amount) {
        Instant now = clock.now();
        List<Purse.OfBudget> purses =
                principal.budgets().stream().map(budget -> budget.purse(now)).toList();
        return place(principal, purses, amount);
    }

    HoldDecision place(Principal principal, List<Purse.OfBudget> purses, Money amount) {
        return LedgerWorld.answer(
                book.place(world.ids.nextRequest(), principal.wallet(), purses, amount));
    }

    Hold granted(Principal principal, Money amount) {
        HoldDecision decision = place(principal, amount);
        if (decision instanceof HoldDecision.Granted(Hold hold)) {
            return hold;
        }
        throw new AssertionError(decision);
    }

    /// The request is done and has used so many output tokens, a millionth each.
    void charge(Customer customer, Hold hold, long tokens) {
        UsageRecord plain = world.record(customer, hold, tokens);
        Acceptance accepted = plain.accepted();
        RequestId id = hold.request();
        UsageRecord record =
                new UsageRecord(
                        new Acceptance(
                                id,
                                accepted.organization(),
                                accepted.project(),
                                accepted.key(),
                                accepted.model(),
                                accepted.tier(),
                                hold,
                                accepted.priceVersion(),
                                null,
                                accepted.admittedAt(),
                                false,
                                node),
                        hold,
                        plain.finishedAt(),
                        plain.ending(),
                        false,
                        plain.usage(),
                        plain.calls(),
                        plain.charge(),
                        plain.served());
        book.charged(hold, record.charge());
        journal.add(record);
    }

    void awaitBooked() {
        Await.until("booked", LedgerWorld.PATIENCE, () -> journal.isEmpty() && idle);
    }

    /// Gives everything back, as at a planned stop.
    void leave() {
        awaitBooked();
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
                UsageRecord first = journal.peek();
                if (first == null) {
                    TimeUnit.MILLISECONDS.sleep(5);
                    continue;
                }
                idle = false;
                List<UsageRecord> batch = new ArrayList<>();
                journal.drainTo(batch, 200);
                book(batch);
                idle = true;
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void book(List<UsageRecord> batch) {
        List<Booking> bookings = world.books.book(List.<Outcome>copyOf(batch));
        for (int i = 0; i < batch.size(); i++) {
            UsageRecord record = batch.get(i);
            if (!(bookings.get(i) instanceof Booking.Settled(_, Money drawn))) {
                throw new AssertionError(bookings.get(i));
            }
            Hold hold = record.hold();
            Money kept =
                    record.charge().compareTo(hold.amount()) < 0 ? record.charge() : hold.amount();
            book.booked(new Purse.OfWallet(hold.wallet()), kept, drawn);
            hold.budgets().forEach(budget -> book.booked(budget, kept, drawn));
        }
    }
}
