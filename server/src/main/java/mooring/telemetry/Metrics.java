package mooring.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import mooring.inference.ModelId;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;

/// The numbers that this process tells about itself, read by Prometheus.
///
/// Every label has few values, known at the start: models of the catalogue, replicas, outcomes,
/// kinds of problem; never a key, an organization or a text of a caller. For every thread.
public final class Metrics implements AutoCloseable {

    /// Stands for a model that is not in the catalogue.
    private static final String OTHER = "other";

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
    private final Map<ModelId, ModelMetrics> models = new HashMap<>();
    private final ModelMetrics otherModel;
    private final Map<Class<?>, Counter> refusals = new HashMap<>();
    private final AtomicLong holdsOpen = new AtomicLong();
    private final Timer settled;
    private final Counter settlementsFailed;

    public Metrics(Collection<ModelId> catalogued) {
        for (ModelId model : catalogued) {
            models.put(model, new ModelMetrics(registry, model.text()));
        }
        otherModel = new ModelMetrics(registry, OTHER);
        for (Class<?> kind : Problem.class.getPermittedSubclasses()) {
            refusals.put(
                    kind,
                    Counter.builder("mooring.refusals")
                            .description("Requests answered with a problem.")
                            .tag(Labels.ERROR_TYPE, Labels.value(kind))
                            .register(registry));
        }
        Gauge.builder("mooring.holds.open", holdsOpen, AtomicLong::doubleValue)
                .description("Requests of this process that hold money.")
                .register(registry);
        settled =
                Timer.builder("mooring.settlement.duration")
                        .description("From a usage record to its durable booking.")
                        .register(registry);
        settlementsFailed =
                Counter.builder("mooring.settlements.failed")
                        .description("Usage records that could not be booked.")
                        .register(registry);
        bindProcess();
    }

    /// A model's own meters. To be asked for once and kept, not per request.
    public ModelMetrics model(ModelId model) {
        return models.getOrDefault(model, otherModel);
    }

    public void refused(Problem problem) {
        Counter counter = refusals.get(problem.getClass());
        if (counter != null) {
            counter.increment();
        }
    }

    public void holdPlaced() {
        holdsOpen.incrementAndGet();
    }

    /// By settlement or by release.
    public void holdEnded() {
        holdsOpen.decrementAndGet();
    }

    public void settled(long durationNanos) {
        settled.record(durationNanos, TimeUnit.NANOSECONDS);
    }

    public void settlementFailed() {
        settlementsFailed.increment();
    }

    /// Shows a replica from now on.
    public void watchReplica(
            String id, ModelId model, Supplier<ReplicaCondition> condition, IntSupplier inFlight) {
        for (ReplicaCondition shown : ReplicaCondition.values()) {
            Gauge.builder("mooring.replica.state", () -> condition.get() == shown ? 1 : 0)
                    .description("1 at the state that the replica is in.")
                    .tag("replica", id)
                    .tag(Labels.MODEL, model.text())
                    .tag("state", Labels.value(shown))
                    .register(registry);
        }
        Gauge.builder("mooring.replica.requests", inFlight::getAsInt)
                .description("Requests running on the replica.")
                .tag("replica", id)
                .tag(Labels.MODEL, model.text())
                .register(registry);
    }

    /// Shows from now on how old the newest verified backup is.
    ///
    /// @param age null while there is none, which is shown as not a number
    public void watchBackups(Supplier<@Nullable Duration> age) {
        Gauge.builder(
                        "mooring.backup.age",
                        () -> {
                            Duration now = age.get();
                            return now == null ? Double.NaN : now.toMillis() / 1000.0;
                        })
                .description("Since the snapshot of the newest verified backup.")
                .baseUnit("seconds")
                .strongReference(true)
                .register(registry);
    }

    /// Shows a number from now on; not a number shows that it is not known.
    ///
    /// @param name with dots, its unit last
    public void watch(String name, String description, DoubleSupplier value) {
        watch(name, description, Map.of(), value);
    }

    /// The same for one of several.
    public void watch(
            String name, String description, Map<String, String> labels, DoubleSupplier value) {
        Tags tags = Tags.empty();
        for (Map.Entry<String, String> label : labels.entrySet()) {
            tags = tags.and(label.getKey(), label.getValue());
        }
        Gauge.builder(name, value::getAsDouble)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    /// Everything in Prometheus's text form.
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        garbageCollection.close();
        registry.close();
    }

    private void bindProcess() {
        new JvmMemoryMetrics().bindTo(registry);
        garbageCollection.bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }
}
