package mooring.routing;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import mooring.catalog.Hedging;
import mooring.inference.ModelId;
import mooring.time.Clock;

/// What each model may have of further attempts: its budget, and when a second one is sent beside a
/// first that takes its time.
public final class Retries {

    private static final class OfModel {
        private final RetryBudget budget;
        private final FirstContentTimes times = new FirstContentTimes();

        private OfModel(Clock clock) {
            budget = new RetryBudget(clock);
        }
    }

    private final Clock clock;
    private final Map<ModelId, Hedging> hedging;
    private final Map<ModelId, OfModel> models = new ConcurrentHashMap<>();

    /// @param hedging of the models that are hedged; all others are not
    public Retries(Clock clock, Map<ModelId, Hedging> hedging) {
        this.clock = clock;
        this.hedging = Map.copyOf(hedging);
    }

    /// Models are those of the catalogue, so this stays small.
    public RetryBudget budget(ModelId model) {
        return of(model).budget;
    }

    public void firstContent(ModelId model, long afterNanos) {
        if (hedging.get(model) instanceof Hedging.Percentile) {
            of(model).times.took(afterNanos);
        }
    }

    /// How long a first attempt is waited for until a second one goes out; empty when none does.
    public Optional<Duration> hedgeAfter(ModelId model) {
        Hedging hedged = hedging.get(model);
        if (hedged == null) {
            return Optional.empty();
        }
        return switch (hedged) {
            case Hedging.After(Duration delay) -> Optional.of(delay);
            case Hedging.Percentile(int percent) -> of(model).times.percentile(percent);
        };
    }

    private OfModel of(ModelId model) {
        return models.computeIfAbsent(model, _ -> new OfModel(clock));
    }
}
