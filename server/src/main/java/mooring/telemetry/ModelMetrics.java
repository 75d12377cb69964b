package mooring.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import mooring.inference.Operation;
import mooring.inference.Usage;

/// What is counted of one model's requests. Its meters are found once, when it is made; reporting
/// costs a few additions and takes no lock. For every thread.
public final class ModelMetrics {

    /// From a short answer of a small model to a long one of a large model.
    private static final Duration[] DURATIONS = {
        Duration.ofMillis(10), Duration.ofMillis(25), Duration.ofMillis(50),
        Duration.ofMillis(100), Duration.ofMillis(250), Duration.ofMillis(500),
        Duration.ofSeconds(1), Duration.ofMillis(2500), Duration.ofSeconds(5),
        Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(60),
        Duration.ofMinutes(3), Duration.ofMinutes(10)
    };

    private static final Duration[] TOKEN_TIMES = {
        Duration.ofMillis(5), Duration.ofMillis(10), Duration.ofMillis(25),
        Duration.ofMillis(50), Duration.ofMillis(100), Duration.ofMillis(250),
        Duration.ofMillis(500), Duration.ofSeconds(1)
    };

    private record Ended(Timer whole, Timer streamed) {}

    /// How long one operation takes.
    private record Timed(
            Map<RequestOutcome, Ended> ended, Timer toFirstToken, Timer perOutputToken) {}

    private final MeterRegistry registry;
    private final String model;
    private final Map<Operation, Timed> timed = new ConcurrentHashMap<>();
    private final Map<EngineFault, Counter> faults = new EnumMap<>(EngineFault.class);
    private final RetryMetrics retries;
    private final Counter inputUncached;
    private final Counter cacheRead;
    private final Counter cacheWrite;
    private final Counter output;
    private final Counter reasoning;

    ModelMetrics(MeterRegistry registry, String model) {
        this.registry = registry;
        this.model = model;
        of(Operation.CHAT);
        for (EngineFault fault : EngineFault.values()) {
            faults.put(
                    fault,
                    Counter.builder("mooring.engine.failures")
                            .description("Attempts at an engine that went wrong.")
                            .tag(Labels.MODEL, model)
                            .tag(Labels.ERROR_TYPE, Labels.value(fault))
                            .register(registry));
        }
        retries = new RetryMetrics(registry, model);
        inputUncached = tokens(registry, model, "input_uncached");
        cacheRead = tokens(registry, model, "cache_read");
        cacheWrite = tokens(registry, model, "cache_write");
        output = tokens(registry, model, "output");
        reasoning =
                Counter.builder("mooring.reasoning.tokens")
                        .description("Output tokens that were reasoning.")
                        .tag(Labels.MODEL, model)
                        .register(registry);
    }

    /// A request came to its end; also counts it.
    public void requestEnded(
            Operation operation, RequestOutcome outcome, boolean streamed, long durationNanos) {
        Ended ended = of(operation).ended().get(outcome);
        if (ended != null) {
            (streamed ? ended.streamed() : ended.whole())
                    .record(durationNanos, TimeUnit.NANOSECONDS);
        }
    }

    /// @param perTokenNanos between two output tokens, on the average of one answer
    public void outputTokens(Operation operation, long perTokenNanos) {
        of(operation).perOutputToken().record(perTokenNanos, TimeUnit.NANOSECONDS);
    }

    public void firstToken(Operation operation, long afterNanos) {
        of(operation).toFirstToken().record(afterNanos, TimeUnit.NANOSECONDS);
    }

    /// What a request was settled at.
    public void tokensUsed(Usage usage) {
        inputUncached.increment((double) usage.inputUncached());
        cacheRead.increment((double) usage.cacheRead());
        cacheWrite.increment((double) (usage.cacheWrite5m() + usage.cacheWrite1h()));
        output.increment((double) usage.output());
        reasoning.increment((double) usage.reasoning());
    }

    public void engineFailed(EngineFault fault) {
        Counter counter = faults.get(fault);
        if (counter != null) {
            counter.increment();
        }
    }

    /// What was tried again.
    public RetryMetrics retries() {
        return retries;
    }

    /// Most models are asked for one operation, so that another's meters are made when it comes.
    private Timed of(Operation operation) {
        Timed made = timed.get(operation);
        return made != null
                ? made
                : timed.computeIfAbsent(operation, asked -> timed(registry, model, asked));
    }

    private static Timed timed(MeterRegistry registry, String model, Operation operation) {
        Tags tags =
                Tags.of(
                        Labels.MODEL,
                        model,
                        Labels.OPERATION,
                        operation.word(),
                        Labels.PROVIDER,
                        Labels.OURSELVES);
        Map<RequestOutcome, Ended> ended = new EnumMap<>(RequestOutcome.class);
        for (RequestOutcome outcome : RequestOutcome.values()) {
            Tags its = tags.and(Labels.OUTCOME, Labels.value(outcome));
            ended.put(
                    outcome,
                    new Ended(duration(registry, its, false), duration(registry, its, true)));
        }
        return new Timed(
                ended,
                Timer.builder("gen_ai.server.time_to_first_token")
                        .description("From the request's arrival to its first content.")
                        .tags(tags)
                        .serviceLevelObjectives(DURATIONS)
                        .register(registry),
                Timer.builder("gen_ai.server.time_per_output_token")
                        .description("Between output tokens, behind the first one.")
                        .tags(tags)
                        .serviceLevelObjectives(TOKEN_TIMES)
                        .register(registry));
    }

    private static Timer duration(MeterRegistry registry, Tags tags, boolean streamed) {
        return Timer.builder("gen_ai.server.request.duration")
                .description("From a request's arrival to the end of its answer.")
                .tags(tags.and(Labels.STREAMED, Boolean.toString(streamed)))
                .serviceLevelObjectives(DURATIONS)
                .register(registry);
    }

    /// The classes do not overlap, so their sum is what was used.
    private static Counter tokens(MeterRegistry registry, String model, String type) {
        return Counter.builder("mooring.tokens")
                .description("Tokens settled, by price class.")
                .tag(Labels.MODEL, model)
                .tag(Labels.TOKEN_TYPE, type)
                .register(registry);
    }
}
