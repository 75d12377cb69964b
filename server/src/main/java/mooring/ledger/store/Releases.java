package mooring.ledger.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.ids.IdGenerator;
import mooring.ids.RequestId;
import mooring.sql.SqlFaults;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds on their way back to their wallets, repeated until it is done or this process ends. One
/// virtual thread works them off in batches.
final class Releases implements AutoCloseable {

    /// Requests that failed while the store was away; at 2,000 a second, most of a minute.
    private static final int QUEUE = 100_000;

    private static final int BATCH = 256;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final Duration IDLE = Duration.ofMillis(200);

    /// How long a stopping process still works on what is pending.
    private static final Duration CLOSE_WAIT = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(Releases.class);

    private final Jdbi jdbi;
    private final Clock clock;
    private final IdGenerator ids;
    private final BlockingQueue<RequestId> queue = new ArrayBlockingQueue<>(QUEUE);
    private final AtomicInteger pending = new AtomicInteger();
    private final Thread worker;
    private volatile boolean closing;

    Releases(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.ids = new IdGenerator(clock);
        this.worker = Thread.ofVirtual().name("hold-releases").start(this::work);
    }

    void add(RequestId request) {
        pending.incrementAndGet();
        if (!queue.offer(request)) {
            pending.decrementAndGet();
            LOG.error(
                    "{}: release not queued, {} are waiting; the hold stays until this node's next"
                            + " start",
                    request,
                    QUEUE);
        }
    }

    int pending() {
        return pending.get();
    }

    @Override
    public void close() {
        closing = true;
        try {
            if (!worker.join(CLOSE_WAIT)) {
                worker.interrupt();
                LOG.warn("{} holds were not released before the stop", pending());
            }
        } catch (InterruptedException e) {
            worker.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        List<RequestId> batch = new ArrayList<>();
        try {
            while (true) {
                RequestId first = queue.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
                if (first == null) {
                    if (closing) {
                        return;
                    }
                    continue;
                }
                batch.add(first);
                queue.drainTo(batch, BATCH - 1);
                releaseUntilDone(batch);
                pending.addAndGet(-batch.size());
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void releaseUntilDone(List<RequestId> batch) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                jdbi.useTransaction(
                        handle -> {
                            HoldBooks books =
                                    HoldBooks.open(handle, ids, clock.now(), batch, List.of());
                            batch.forEach(books::end);
                            books.write();
                        });
                return;
            } catch (RuntimeException e) {
                if (SqlFaults.transientFault(e)) {
                    LOG.warn("release of {} holds: trying again: {}", batch.size(), e.toString());
                } else {
                    LOG.error("release of {} holds: trying again", batch.size(), e);
                }
                Thread.sleep(pause);
                pause = pause.multipliedBy(2);
                pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
            }
        }
    }
}
