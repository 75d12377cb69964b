package mooring.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/// What is counted of one model's further attempts, and of replicas that sit out. For every thread.
public final class RetryMetrics {

    private final Counter sent;
    private final Counter refused;
    private final Counter ejected;
    private final Counter hedgesWon;
    private final Counter hedgesLost;
    private final Counter hedgesRescued;

    RetryMetrics(MeterRegistry registry, String model) {
        sent = counter(registry, model, "mooring.retries", "Further attempts that were sent.");
        refused =
                counter(
                        registry,
                        model,
                        "mooring.retries.refused",
                        "Further attempts that the retry budget did not allow.");
        ejected =
                counter(
                        registry,
                        model,
                        "mooring.replica.ejections",
                        "Times that a replica was taken out of the choice for failing.");
        hedgesWon = hedge(registry, model, "won");
        hedgesLost = hedge(registry, model, "lost");
        hedgesRescued = hedge(registry, model, "rescued");
    }

    public void sent() {
        sent.increment();
    }

    public void refused() {
        refused.increment();
    }

    public void ejected() {
        ejected.increment();
    }

    public void hedgeWon() {
        hedgesWon.increment();
    }

    public void hedgeLost() {
        hedgesLost.increment();
    }

    public void hedgeRescued() {
        hedgesRescued.increment();
    }

    private static Counter hedge(MeterRegistry registry, String model, String outcome) {
        return Counter.builder("mooring.hedges")
                .description("Second attempts beside a first one, by what came of them.")
                .tag(Labels.MODEL, model)
                .tag(Labels.OUTCOME, outcome)
                .register(registry);
    }

    private static Counter counter(
            MeterRegistry registry, String model, String name, String description) {
        return Counter.builder(name)
                .description(description)
                .tag(Labels.MODEL, model)
                .register(registry);
    }
}
