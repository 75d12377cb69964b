package mooring.metering.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import mooring.ids.IdGenerator;
import mooring.metering.Settlement;
import mooring.metering.Settlements;
import mooring.metering.UsageRecord;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Settles in batches: one virtual thread takes what has gathered and books it in one transaction.
///
/// Stages complete on that thread, so what hangs on them must not block. A record is never dropped:
/// it is booked, found booked, put into quarantine, or its stage fails.
public final class PostgresSettlements implements Settlements, AutoCloseable {

    /// @param gather how long a batch waits for more after its first record
    /// @param retryFor how long transient faults of the store are met with another try
    public record Tuning(int maxBatch, Duration gather, int queue, Duration retryFor) {
        public static final Tuning DEFAULT =
                new Tuning(256, Duration.ofMillis(2), 16_384, Duration.ofSeconds(10));
    }

    /// Records that may wait for a place in a full queue.
    private static final int MAX_WAITING = 16_384;

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofMillis(200);
    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    /// How long a stopping process still books what is queued.
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(PostgresSettlements.class);

    private record Pending(
            UsageRecord record, CompletableFuture<Settlement> stage, long deadlineNanos) {}

    private final Clock clock;
    private final Tuning tuning;
    private final SettlementBatch batch;
    private final Quarantine quarantine;
    private final BlockingQueue<Pending> queue;
    private final Semaphore waiting = new Semaphore(MAX_WAITING);
    private final Thread writer;
    private volatile boolean closing;

    public PostgresSettlements(Jdbi jdbi, String nodeId, Clock clock, IdGenerator ids) {
        this(jdbi, nodeId, clock, ids, Tuning.DEFAULT);
    }

    public PostgresSettlements(
            Jdbi jdbi, String nodeId, Clock clock, IdGenerator ids, Tuning tuning) {
        this.clock = clock;
        this.tuning = tuning;
        this.batch = new SettlementBatch(jdbi, nodeId, ids);
        this.quarantine = new Quarantine(jdbi, nodeId, ids);
        this.queue = new ArrayBlockingQueue<>(tuning.queue());
        this.writer = Thread.ofVirtual().name("settlements").start(this::work);
    }

    @Override
    public CompletionStage<Settlement> settle(UsageRecord record) {
        Pending pending =
                new Pending(
                        record,
                        new CompletableFuture<>(),
                        clock.monotonicNanos() + tuning.retryFor().toNanos());
        if (closing) {
            unavailable(pending, null);
        } else if (!queue.offer(pending)) {
            waitForPlace(pending);
        }
        if (closing && !writer.isAlive() && queue.remove(pending)) {
            unavailable(pending, null);
        }
        return pending.stage();
    }

    /// Books what is queued, for some seconds; what is left then fails as unavailable.
    @Override
    public void close() {
        closing = true;
        try {
            if (!writer.join(CLOSE_WAIT)) {
                writer.interrupt();
                writer.join(CLOSE_WAIT);
            }
        } catch (InterruptedException e) {
            writer.interrupt();
            Thread.currentThread().interrupt();
        }
        for (Pending left = queue.poll(); left != null; left = queue.poll()) {
            unavailable(left, null);
        }
    }

    private void waitForPlace(Pending pending) {
        if (!waiting.tryAcquire()) {
            unavailable(pending, null);
            return;
        }
        Thread.startVirtualThread(
                () -> {
                    try {
                        long left = pending.deadlineNanos() - clock.monotonicNanos();
                        if (!queue.offer(pending, left, TimeUnit.NANOSECONDS)) {
                            unavailable(pending, null);
                        }
                    } catch (InterruptedException e) {
                        unavailable(pending, e);
                    } finally {
                        waiting.release();
                    }
                });
    }

    private void work() {
        List<Pending> gathered = new ArrayList<>();
        try {
            while (true) {
                Pending first = queue.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
                if (first == null) {
                    if (closing) {
                        return;
                    }
                    continue;
                }
                gathered.add(first);
                gather(gathered);
                settle(gathered);
                gathered.clear();
            }
        } catch (InterruptedException e) {
            gathered.forEach(pending -> unavailable(pending, e));
            Thread.currentThread().interrupt();
        }
    }

    /// Takes what is there, and waits a little for more only when there is no full batch: while a
    /// transaction runs the next batch gathers by itself.
    private void gather(List<Pending> gathered) throws InterruptedException {
        queue.drainTo(gathered, tuning.maxBatch() - gathered.size());
        long end = clock.monotonicNanos() + tuning.gather().toNanos();
        while (gathered.size() < tuning.maxBatch()) {
            long left = end - clock.monotonicNanos();
            Pending next = left <= 0 ? null : queue.poll(left, TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            gathered.add(next);
            queue.drainTo(gathered, tuning.maxBatch() - gathered.size());
        }
    }

    private void settle(List<Pending> pendings) throws InterruptedException {
        List<Pending> left = List.copyOf(pendings);
        Duration pause = FIRST_PAUSE;
        while (!left.isEmpty()) {
            try {
                complete(left, batch.book(records(left), clock.now()));
                return;
            } catch (RuntimeException e) {
                if (!SqlFaults.transientFault(e)) {
                    isolate(left, e);
                    return;
                }
                LOG.warn("settling {} records: trying again: {}", left.size(), e.toString());
                left = failExpired(left, e);
                if (!left.isEmpty()) {
                    Thread.sleep(pause);
                    pause = longer(pause);
                }
            }
        }
    }

    /// Halves a batch that cannot be booked until the record at fault stands alone.
    private void isolate(List<Pending> pendings, RuntimeException fault)
            throws InterruptedException {
        if (pendings.size() == 1) {
            quarantine(pendings.getFirst(), fault);
            return;
        }
        int half = pendings.size() / 2;
        settle(pendings.subList(0, half));
        settle(pendings.subList(half, pendings.size()));
    }

    private void quarantine(Pending pending, RuntimeException fault) throws InterruptedException {
        LOG.error("{}: cannot be booked, put into quarantine", pending.record().id(), fault);
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                quarantine.put(pending.record(), fault.toString(), clock.now());
                pending.stage().completeExceptionally(internal(fault));
                return;
            } catch (RuntimeException e) {
                if (!SqlFaults.transientFault(e) || expired(pending)) {
                    LOG.error("{}: quarantine failed: {}", pending.record().id(), pending, e);
                    pending.stage().completeExceptionally(internal(e));
                    return;
                }
                Thread.sleep(pause);
                pause = longer(pause);
            }
        }
    }

    private static void complete(List<Pending> pendings, List<SettlementBatch.Outcome> outcomes) {
        for (int i = 0; i < pendings.size(); i++) {
            Pending pending = pendings.get(i);
            switch (outcomes.get(i)) {
                case SettlementBatch.Done(Settlement settlement) ->
                        pending.stage().complete(settlement);
                case SettlementBatch.Differs(var stored) -> {
                    LOG.error(
                            "{}: settled before with other content: stored charge {}, now {}",
                            pending.record().id(),
                            stored.record().charge(),
                            pending.record().charge());
                    pending.stage()
                            .completeExceptionally(
                                    new ProblemException(
                                            new Problem.Conflict(
                                                    pending.record().id()
                                                            + " was settled with other content")));
                }
            }
        }
    }

    private List<Pending> failExpired(List<Pending> pendings, RuntimeException fault) {
        List<Pending> left = new ArrayList<>();
        for (Pending pending : pendings) {
            if (expired(pending)) {
                unavailable(pending, fault);
            } else {
                left.add(pending);
            }
        }
        return left;
    }

    private boolean expired(Pending pending) {
        return clock.monotonicNanos() - pending.deadlineNanos() >= 0;
    }

    private static Duration longer(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }

    private static List<UsageRecord> records(List<Pending> pendings) {
        return pendings.stream().map(Pending::record).toList();
    }

    private static void unavailable(Pending pending, @Nullable Exception cause) {
        Problem problem = new Problem.StoreUnavailable(RETRY_AFTER);
        pending.stage()
                .completeExceptionally(
                        cause == null
                                ? new ProblemException(problem)
                                : new ProblemException(problem, cause));
    }

    private static ProblemException internal(RuntimeException cause) {
        return new ProblemException(new Problem.Internal(), cause);
    }
}
