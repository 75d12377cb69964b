package mooring.ledger.lease;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Calls the keeper whenever there is work, on the thread that runs it.
public final class LeaseLoop implements Runnable, AutoCloseable {

    private final LeaseKeeper keeper;
    private final AtomicBoolean asked = new AtomicBoolean();
    private volatile boolean stopped;
    private volatile @Nullable Thread runner;

    public LeaseLoop(LeaseBook book, LeaseKeeper keeper) {
        this.keeper = keeper;
        book.onWork(this::wake);
    }

    @Override
    public void run() {
        runner = Thread.currentThread();
        while (!stopped) {
            asked.set(false);
            long nanos = keeper.step();
            if (nanos > 0 && !asked.get() && !stopped) {
                LockSupport.parkNanos(nanos);
            }
        }
        runner = null;
    }

    /// Ends the loop after the step under way.
    @Override
    public void close() {
        stopped = true;
        wake();
    }

    private void wake() {
        if (asked.compareAndSet(false, true)) {
            Thread thread = runner;
            if (thread != null) {
                LockSupport.unpark(thread);
            }
        }
    }
}
