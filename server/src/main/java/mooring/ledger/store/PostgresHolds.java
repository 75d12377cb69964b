package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import mooring.ids.RequestId;
import mooring.ids.WalletId;
import mooring.ledger.Hold;
import mooring.ledger.HoldDecision;
import mooring.ledger.Holds;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Money;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds as rows, one round trip each. The caller's thread never waits: the work runs on virtual
/// threads and the answer, at the latest by the deadline, comes back as [HoldDecision.Waiting].
///
/// Whoever was told that the store did not answer holds nothing: a hold that came about all the
/// same is given back.
public final class PostgresHolds implements Holds, AutoCloseable {

    /// Round trips under way at once; fewer than the pool has connections, so that settlement never
    /// waits behind admission.
    public static final int DEFAULT_CONCURRENCY = 8;

    /// After this long without an answer the request is refused.
    public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(2);

    /// Requests that may wait for their turn. Beyond it the store is far behind and the answer
    /// would miss its deadline anyway.
    private static final int MAX_WAITING = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(PostgresHolds.class);

    private final Jdbi jdbi;
    private final NodeEpoch node;
    private final Clock clock;
    private final Executor virtualThreads;
    private final Semaphore turns;
    private final Duration deadline;
    private final Releases releases;
    private final AtomicInteger waiting = new AtomicInteger();

    public PostgresHolds(Jdbi jdbi, NodeEpoch node, Clock clock, Executor virtualThreads) {
        this(jdbi, node, clock, virtualThreads, DEFAULT_CONCURRENCY, DEFAULT_DEADLINE);
    }

    public PostgresHolds(
            Jdbi jdbi,
            NodeEpoch node,
            Clock clock,
            Executor virtualThreads,
            int concurrency,
            Duration deadline) {
        this.jdbi = jdbi;
        this.node = node;
        this.clock = clock;
        this.virtualThreads = virtualThreads;
        this.turns = new Semaphore(concurrency, true);
        this.deadline = deadline;
        this.releases = new Releases(jdbi, clock);
    }

    @Override
    public HoldDecision place(
            RequestId request, WalletId wallet, List<Purse.OfBudget> budgets, Money amount) {
        Hold hold = new Hold(request, wallet, amount);
        if (!amount.positive()) {
            // Nothing to set aside: the request is free.
            return new HoldDecision.Granted(hold);
        }
        return decide(() -> placeRow(hold), () -> releases.add(request));
    }

    @Override
    public HoldDecision extend(Hold hold, Money by) {
        if (!by.positive()) {
            return new HoldDecision.Granted(hold);
        }
        if (!hold.amount().positive()) {
            return place(hold.request(), hold.wallet(), hold.budgets(), by);
        }
        // An extension that came about unseen needs no undoing: the hold ends as a whole.
        return decide(() -> extendRow(hold, by), () -> {});
    }

    @Override
    public void release(Hold hold) {
        if (hold.amount().positive()) {
            releases.add(hold.request());
        }
    }

    /// The settlement ends the row.
    @Override
    public void charged(Hold hold, Money charge) {}

    @Override
    public void booked(Purse purse, Money charged, Money drawn) {}

    @Override
    public @Nullable Money available(WalletId wallet) {
        return null;
    }

    /// Releases not yet done.
    public int pendingReleases() {
        return releases.pending();
    }

    /// Whether no place or extension is under way.
    boolean idle() {
        return waiting.get() == 0;
    }

    /// Works off pending releases for a few seconds; what is left then, the node's next start
    /// sweeps.
    @Override
    public void close() {
        releases.close();
    }

    private HoldDecision decide(Supplier<HoldDecision> roundTrip, Runnable undo) {
        if (waiting.incrementAndGet() > MAX_WAITING) {
            waiting.decrementAndGet();
            return new HoldDecision.Unavailable(
                    "holds waiting for the store: above " + MAX_WAITING);
        }
        CompletableFuture<HoldDecision> decision = new CompletableFuture<>();
        decision.completeOnTimeout(
                new HoldDecision.Unavailable("the store did not answer within " + deadline),
                deadline.toMillis(),
                TimeUnit.MILLISECONDS);
        try {
            virtualThreads.execute(() -> takeTurn(decision, roundTrip, undo));
        } catch (RejectedExecutionException e) {
            waiting.decrementAndGet();
            return new HoldDecision.Unavailable("stopping");
        }
        return new HoldDecision.Waiting(decision);
    }

    private void takeTurn(
            CompletableFuture<HoldDecision> decision,
            Supplier<HoldDecision> roundTrip,
            Runnable undo) {
        try {
            if (!turns.tryAcquire(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                return; // The timeout has answered.
            }
            try {
                if (!decision.isDone()) {
                    answer(decision, roundTrip, undo);
                }
            } finally {
                turns.release();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            decision.complete(new HoldDecision.Unavailable("stopping"));
        } finally {
            waiting.decrementAndGet();
        }
    }

    private static void answer(
            CompletableFuture<HoldDecision> decision,
            Supplier<HoldDecision> roundTrip,
            Runnable undo) {
        HoldDecision result;
        try {
            result = roundTrip.get();
        } catch (RuntimeException e) {
            // The commit may have happened although its answer was lost.
            LOG.warn("hold: the store failed: {}", e.toString());
            undo.run();
            decision.complete(new HoldDecision.Unavailable("the store failed"));
            return;
        }
        if (!decision.complete(result)) {
            undo.run();
        }
    }

    private HoldDecision placeRow(Hold hold) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT held_amount, available
                                        FROM place_hold(:request, :wallet, :amount, :node, :epoch,
                                            :at)
                                        """)
                                .setQueryTimeout(queryTimeoutSeconds())
                                .bind("request", hold.request().uuid())
                                .bind("wallet", hold.wallet().uuid())
                                .bind("amount", hold.amount().nanos())
                                .bind("node", node.node())
                                .bind("epoch", node.epoch())
                                .bind("at", clock.now())
                                .map((row, _) -> decision(hold, row))
                                .one());
    }

    private HoldDecision extendRow(Hold hold, Money by) {
        return jdbi.withHandle(
                handle ->
                        handle.createQuery(
                                        """
                                        SELECT held_amount, available
                                        FROM extend_hold(:request, :by)
                                        """)
                                .setQueryTimeout(queryTimeoutSeconds())
                                .bind("request", hold.request().uuid())
                                .bind("by", by.nanos())
                                .map((row, _) -> decision(hold, row))
                                .one());
    }

    private static HoldDecision decision(Hold hold, ResultSet row) throws SQLException {
        long held = row.getLong("held_amount");
        if (!row.wasNull()) {
            Money amount = new Money(held, hold.amount().currency());
            return new HoldDecision.Granted(new Hold(hold.request(), hold.wallet(), amount));
        }
        long available = row.getLong("available");
        if (!row.wasNull()) {
            return new HoldDecision.Refused(
                    new Purse.OfWallet(hold.wallet()),
                    new Money(available, hold.amount().currency()));
        }
        return new HoldDecision.Unavailable(
                "no such wallet, or the hold has ended: " + hold.wallet() + ", " + hold.request());
    }

    private int queryTimeoutSeconds() {
        return (int) Math.max(1, deadline.plusMillis(999).toSeconds());
    }
}
