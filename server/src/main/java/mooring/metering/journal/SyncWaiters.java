package mooring.metering.journal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import mooring.metering.MeterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who waits for the journal's next sync. Each sync gives each loop one task for all its waiters,
/// because a wake-up costs more than the sync does.
final class SyncWaiters {
    private static final Logger LOG = LoggerFactory.getLogger(SyncWaiters.class);

    /// One wait for one position.
    private static final class Waiter extends CompletableFuture<Void> {
        final long position;
        final Executor loop;
        final @Nullable Runnable first;

        Waiter(long position, Executor loop, @Nullable Runnable first) {
            this.position = position;
            this.loop = loop;
            this.first = first;
        }
    }

    private final Object lock = new Object();
    private List<Waiter> waiting = new ArrayList<>();
    private long synced;
    private @Nullable MeterException failure;

    SyncWaiters(long synced) {
        this.synced = synced;
    }

    /// Completes when the journal is synced up to the position.
    ///
    /// @param loop where it completes; the same object for each loop, or they share no task. A
    ///   position that is synced already completes at once
    /// @param first done on the syncing thread before that; null for nothing
    CompletionStage<Void> await(long position, Executor loop, @Nullable Runnable first) {
        MeterException failed;
        synchronized (lock) {
            if (position > synced && failure == null) {
                Waiter waiter = new Waiter(position, loop, first);
                waiting.add(waiter);
                return waiter;
            }
            failed = position > synced ? failure : null;
        }
        if (failed != null) {
            return CompletableFuture.failedFuture(failed);
        }
        if (first != null) {
            first.run();
        }
        return CompletableFuture.completedFuture(null);
    }

    void synced(long position) {
        List<Waiter> ready;
        synchronized (lock) {
            synced = Math.max(synced, position);
            if (waiting.isEmpty()) {
                return;
            }
            ready = waiting;
            waiting = new ArrayList<>();
            for (Waiter waiter : ready) {
                if (waiter.position > position) {
                    waiting.add(waiter);
                }
            }
        }
        ready.removeIf(waiter -> waiter.position > position);
        for (Waiter waiter : ready) {
            if (waiter.first != null) {
                runGuarded(waiter.first);
            }
        }
        tell(ready, waiter -> waiter.complete(null));
    }

    /// Nothing is synced any more.
    void failed(MeterException why) {
        List<Waiter> left;
        synchronized (lock) {
            failure = why;
            left = waiting;
            waiting = new ArrayList<>();
        }
        tell(left, waiter -> waiter.completeExceptionally(why));
    }

    int size() {
        synchronized (lock) {
            return waiting.size();
        }
    }

    private static void tell(List<Waiter> waiters, Consumer<Waiter> end) {
        if (waiters.isEmpty()) {
            return;
        }
        Executor only = waiters.getFirst().loop;
        if (waiters.stream().allMatch(waiter -> waiter.loop.equals(only))) {
            tell(only, waiters, end);
            return;
        }
        Map<Executor, List<Waiter>> byLoop = new HashMap<>();
        for (Waiter waiter : waiters) {
            byLoop.computeIfAbsent(waiter.loop, _ -> new ArrayList<>()).add(waiter);
        }
        byLoop.forEach((loop, its) -> tell(loop, its, end));
    }

    private static void tell(Executor loop, List<Waiter> waiters, Consumer<Waiter> end) {
        try {
            loop.execute(() -> waiters.forEach(end));
        } catch (RuntimeException e) {
            // The loop has ended, and with it whoever waited there.
            LOG.warn("{} waits for a sync ended without their loop", waiters.size(), e);
            waiters.forEach(waiter -> waiter.completeExceptionally(e));
        }
    }

    private static void runGuarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            LOG.error("a step after a sync failed", e);
        }
    }
}
