package mooring.testing;

import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.time.Duration;
import java.util.concurrent.Callable;

/// Waiting for a condition with a deadline.
public final class Await {
    private static final Duration POLL = Duration.ofMillis(5);

    private Await() {}

    /// The load that the system tells is a minute's mean, which lags behind a burst.
    private static final int BURST = 5;

    /// A time that holds on an idle machine, stretched as far as this one may be overbooked now.
    public static Duration onThisMachine(Duration idle) {
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        double load = system.getSystemLoadAverage() / system.getAvailableProcessors();
        return Duration.ofMillis((long) (idle.toMillis() * BURST * Math.max(1, load)));
    }

    /// Returns how long it took until the condition held; fails when it does not in time.
    public static Duration until(String what, Duration deadline, Callable<Boolean> condition) {
        long start = System.nanoTime();
        try {
            while (!condition.call()) {
                if (System.nanoTime() - start > deadline.toNanos()) {
                    throw new AssertionError(what + ": not within " + deadline);
                }
                Thread.sleep(POLL);
            }
        } catch (RuntimeException failure) {
            throw failure;
        } catch (Exception failure) {
            throw new AssertionError(what, failure);
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
