package mooring.app;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import mooring.catalog.EngineKind;
import mooring.engine.EngineCounters;
import mooring.engine.Engines;
import mooring.inference.Usage;
import mooring.json.Json;
import mooring.metering.EngineCounts;
import mooring.metering.EngineTally;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.sql.Outbox;
import mooring.telemetry.Metrics;
import mooring.time.Clock;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Holds engines to what was settled for them: reads their own counters whenever nothing runs
/// there, and raises an alarm when a difference is more than attempts without a final count
/// explain.
///
/// Replicas at one address with one model are one engine. While other nodes are alive, which use
/// the same engines, a difference is shown and no alarm is raised.
final class EngineAudit implements EngineCounts {

    static final String TOPIC = "engine.tokens_unexplained";

    private static final Logger LOG = LoggerFactory.getLogger(EngineAudit.class);
    private static final Duration ANSWER = Duration.ofSeconds(5);

    /// So many comparisons in a row make an alarm: an engine may count a moment late.
    private static final int ALARM_AFTER = 2;

    private final EngineTally tally = new EngineTally();
    private final Map<String, List<Replica>> engines = new LinkedHashMap<>();
    private final Map<String, String> engineOf = new HashMap<>();
    private final Map<String, EngineTally.Comparison> last = new ConcurrentHashMap<>();
    private final Map<String, Integer> unexplained = new HashMap<>();
    private final Map<String, Boolean> cachedCounted = new ConcurrentHashMap<>();
    private final AtomicLong moves = new AtomicLong();
    private final Jdbi jdbi;
    private final BooleanSupplier alone;
    private final Clock clock;

    /// @param alone whether no other node uses the engines
    EngineAudit(Replicas replicas, Jdbi jdbi, BooleanSupplier alone, Clock clock) {
        this.jdbi = jdbi;
        this.alone = alone;
        this.clock = clock;
        for (Replica replica : replicas.all()) {
            // A local engine's address comes later, and is its own.
            String engine =
                    replica.url() == null
                            ? replica.id()
                            : replica.url() + " " + replica.spec().engineModel();
            engines.computeIfAbsent(engine, _ -> new ArrayList<>()).add(replica);
            engineOf.put(replica.id(), engine);
            cachedCounted.putIfAbsent(engine, replica.spec().engine() != EngineKind.LLAMACPP);
        }
    }

    void watch(Metrics metrics) {
        engineOf.keySet()
                .forEach(
                        replica -> {
                            watch(metrics, replica, "prompt", EngineTally.Comparison::prompt);
                            watch(metrics, replica, "generated", EngineTally.Comparison::generated);
                        });
    }

    private void watch(
            Metrics metrics,
            String replica,
            String type,
            Function<EngineTally.Comparison, EngineTally.Tokens> tokens) {
        Map<String, String> labels = Map.of("replica", replica, "type", type);
        metrics.watch(
                "mooring.engine.tokens.difference",
                "Tokens that the engine counted beyond what was settled, in this life of it.",
                labels,
                () -> figure(replica, one -> tokens.apply(one).difference()));
        metrics.watch(
                "mooring.engine.tokens.tolerance",
                "Tokens that attempts without the engine's final count explain at most.",
                labels,
                () -> figure(replica, one -> tokens.apply(one).tolerance()));
    }

    private double figure(String replica, ToLongFunction<EngineTally.Comparison> figure) {
        EngineTally.Comparison known = of(replica);
        return known == null ? Double.NaN : figure.applyAsLong(known);
    }

    @Override
    public EngineTally.@Nullable Comparison of(String replica) {
        return last.get(engineOf.getOrDefault(replica, ""));
    }

    void counted(Replica replica, Usage usage) {
        String engine = engine(replica);
        boolean cached = cachedCounted.getOrDefault(engine, true);
        tally.settled(
                engine,
                cached
                        ? usage
                        : Usage.ofPrompt(
                                usage.prompt() - usage.cacheRead(),
                                0,
                                usage.output(),
                                usage.reasoning()));
        moves.incrementAndGet();
    }

    void uncounted(Replica replica, Usage billed, Usage atMost) {
        tally.withoutUsage(engine(replica), billed, atMost);
        moves.incrementAndGet();
    }

    private String engine(Replica replica) {
        return engineOf.getOrDefault(replica.id(), replica.id());
    }

    /// Reads the counters of every engine on which nothing runs. Blocking; for one thread at a
    /// time.
    synchronized void read(Engines adapters) {
        engines.forEach(
                (engine, replicas) -> {
                    for (Replica replica : replicas) {
                        if (replica.ready() && read(adapters, engine, replica, replicas)) {
                            return;
                        }
                    }
                });
    }

    /// @return whether this replica's adapter can tell
    private boolean read(Engines adapters, String engine, Replica replica, List<Replica> replicas) {
        long before = moves.get();
        if (!idle(replicas)) {
            return true;
        }
        try {
            Optional<EngineCounters> told =
                    adapters.of(replica)
                            .counters()
                            .toCompletionStage()
                            .toCompletableFuture()
                            .get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            if (told.isEmpty()) {
                return false;
            }
            EngineCounters now = told.get();
            cachedCounted.put(engine, now.cachedIncluded());
            if (idle(replicas) && moves.get() == before) {
                String life = now.life().isEmpty() ? String.valueOf(replica.pid()) : now.life();
                compared(
                        engine,
                        replica,
                        tally.compare(
                                engine,
                                new EngineTally.Counters(
                                        life, now.promptTokens(), now.generatedTokens())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            LOG.debug("engine {}: its counters could not be read", engine, e);
        }
        return true;
    }

    private static boolean idle(List<Replica> replicas) {
        return replicas.stream().allMatch(replica -> replica.inFlight() == 0);
    }

    private void compared(String engine, Replica replica, EngineTally.Comparison comparison) {
        last.put(engine, comparison);
        if (comparison.explained()) {
            unexplained.remove(engine);
        } else if (unexplained.merge(engine, 1, Integer::sum) == ALARM_AFTER
                && alone.getAsBoolean()) {
            LOG.error(
                    "replica {}: counted and settled tokens differ: {}", replica.id(), comparison);
            jdbi.useTransaction(
                    handle ->
                            Outbox.add(
                                    handle,
                                    TOPIC,
                                    replica.id(),
                                    payload(replica, comparison),
                                    clock.now()));
        }
    }

    private static String payload(Replica replica, EngineTally.Comparison comparison) {
        ObjectNode payload =
                Json.MAPPER
                        .createObjectNode()
                        .put("replica", replica.id())
                        .put("model", replica.model().text())
                        .put("attempts_without_usage", comparison.attemptsWithoutUsage());
        tokens(payload.putObject("prompt"), comparison.prompt());
        tokens(payload.putObject("generated"), comparison.generated());
        return payload.toString();
    }

    private static void tokens(ObjectNode into, EngineTally.Tokens tokens) {
        into.put("engine", tokens.engine())
                .put("settled", tokens.settled())
                .put("tolerance", tokens.tolerance())
                .put("difference", tokens.difference());
    }
}
