package mooring.bench;

import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;

/// Where and under what load a figure was taken.
final class Machine {

    private static final Clock CLOCK = Clock.systemUTC();

    private Machine() {}

    static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    /// Runnable processes, averaged over a minute.
    static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    static Instant instant() {
        return CLOCK.instant();
    }

    static LocalDate today() {
        return LocalDate.now(CLOCK);
    }

    static String now() {
        return "%s, %d cores, load %s"
                .formatted(instant().truncatedTo(ChronoUnit.SECONDS), cores(), decimal(load(), 1));
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static double max(double[] values) {
        return Arrays.stream(values).max().orElse(0);
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    static double secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1e9;
    }

    static String decimal(double value, int digits) {
        return String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    static String seconds(double value) {
        return decimal(value, value < 10 ? 2 : 1) + " s";
    }

    /// Waits for a condition that is certain to come, or says which one did not.
    static void await(String what, Duration deadline, java.util.function.BooleanSupplier holds)
            throws InterruptedException {
        long start = System.nanoTime();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() - start > deadline.toNanos()) {
                throw new IllegalStateException(
                        what + ": not within " + deadline.toSeconds() + " s");
            }
            Thread.sleep(5);
        }
    }
}
