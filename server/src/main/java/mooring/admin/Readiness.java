package mooring.admin;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import mooring.time.Clock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The checks together. However often it is asked, each check runs at most once in [#FRESH_FOR] and
/// never twice at a time.
final class Readiness {

    private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

    /// How long a result is good for the next who asks.
    static final Duration FRESH_FOR = Duration.ofSeconds(1);

    /// A check that takes longer has failed for whoever waits.
    static final Duration CHECK_DEADLINE = Duration.ofSeconds(2);

    /// @param results by name, in the order of the checks
    record Report(Map<String, ReadinessCheck.Result> results) {

        boolean ready() {
            return results.values().stream()
                    .noneMatch(ReadinessCheck.Result.Failed.class::isInstance);
        }
    }

    /// One check and its run that has not come back yet, if there is one.
    private static final class Slot {
        private final ReadinessCheck check;
        private @Nullable CompletableFuture<ReadinessCheck.Result> running;

        private Slot(ReadinessCheck check) {
            this.check = check;
        }
    }

    private final List<Slot> slots;
    private final Executor blocking;
    private final Clock clock;
    private @Nullable CompletableFuture<Report> latest;
    private long latestAtNanos;

    Readiness(List<ReadinessCheck> checks, Executor blocking, Clock clock) {
        this.slots = checks.stream().map(Slot::new).toList();
        this.blocking = blocking;
        this.clock = clock;
    }

    /// Never blocks; completes within [#CHECK_DEADLINE].
    synchronized CompletableFuture<Report> report() {
        long now = clock.monotonicNanos();
        CompletableFuture<Report> known = latest;
        if (known != null && (!known.isDone() || now - latestAtNanos < FRESH_FOR.toNanos())) {
            return known;
        }
        latestAtNanos = now;
        CompletableFuture<Report> fresh = evaluate();
        latest = fresh;
        return fresh;
    }

    private CompletableFuture<Report> evaluate() {
        List<CompletableFuture<ReadinessCheck.Result>> results = new ArrayList<>();
        for (Slot slot : slots) {
            results.add(
                    run(slot)
                            .copy()
                            .completeOnTimeout(
                                    new ReadinessCheck.Result.Failed(
                                            "no result within "
                                                    + CHECK_DEADLINE.toSeconds()
                                                    + " s"),
                                    CHECK_DEADLINE.toMillis(),
                                    TimeUnit.MILLISECONDS));
        }
        return CompletableFuture.allOf(results.toArray(CompletableFuture<?>[]::new))
                .thenApply(
                        _ -> {
                            Map<String, ReadinessCheck.Result> named = new LinkedHashMap<>();
                            for (int i = 0; i < slots.size(); i++) {
                                named.put(slots.get(i).check.name(), results.get(i).join());
                            }
                            return new Report(named);
                        });
    }

    /// A run that hangs is not joined by a second one.
    private CompletableFuture<ReadinessCheck.Result> run(Slot slot) {
        CompletableFuture<ReadinessCheck.Result> before = slot.running;
        if (before != null && !before.isDone()) {
            return before;
        }
        CompletableFuture<ReadinessCheck.Result> run =
                CompletableFuture.supplyAsync(slot.check::check, blocking)
                        .exceptionally(
                                e -> {
                                    LOG.warn("readiness check {} broke", slot.check.name(), e);
                                    return new ReadinessCheck.Result.Failed(
                                            "the check itself broke: " + e.getMessage());
                                });
        slot.running = run;
        return run;
    }
}
