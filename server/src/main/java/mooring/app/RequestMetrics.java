package mooring.app;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import mooring.accounts.Principal;
import mooring.accounts.store.KeyUses;
import mooring.catalog.Catalog;
import mooring.catalog.Model;
import mooring.engine.EngineFailure;
import mooring.gateway.Observer;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.metering.Acceptance;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import mooring.problem.Problem;
import mooring.replicas.Replica;
import mooring.replicas.Replicas;
import mooring.telemetry.EngineFault;
import mooring.telemetry.Metrics;
import mooring.telemetry.ReplicaCondition;
import mooring.telemetry.RequestOutcome;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns what becomes of requests into metrics, and into log lines where a person should look.
final class RequestMetrics implements Observer {

    private static final Logger LOG = LoggerFactory.getLogger("mooring.requests");

    private final Metrics metrics;
    private final KeyUses keyUses;
    private final EngineAudit engines;
    private final @Nullable RequestTrail trail;

    /// @param trail null where neither access log nor traces are wanted
    RequestMetrics(
            Metrics metrics, KeyUses keyUses, EngineAudit engines, @Nullable RequestTrail trail) {
        this.metrics = metrics;
        this.keyUses = keyUses;
        this.engines = engines;
        this.trail = trail;
    }

    static Metrics metrics(Catalog catalog, Replicas replicas) {
        Metrics metrics = new Metrics(catalog.models().stream().map(Model::id).toList());
        for (Replica replica : replicas.all()) {
            metrics.watchReplica(
                    replica.id(),
                    replica.model(),
                    () -> condition(replica.state()),
                    replica::inFlight);
        }
        return metrics;
    }

    @Override
    public void admitted(ModelId model) {
        metrics.holdPlaced();
    }

    @Override
    public void identified(RequestId id, Principal principal) {
        if (trail != null) {
            trail.identified(id, principal);
        }
    }

    @Override
    public void begun(Acceptance accepted) {
        if (trail != null) {
            trail.begun(accepted);
        }
    }

    @Override
    public @Nullable String traceparent(RequestId id) {
        return trail == null ? null : trail.traceparent(id);
    }

    @Override
    public void refused(RequestId id, Problem problem) {
        refused(problem);
        if (trail != null) {
            trail.refused(id, problem.name());
        }
    }

    @Override
    public void refused(Problem problem) {
        metrics.refused(problem);
    }

    @Override
    public void settled(UsageRecord record, Operation operation, Duration settling) {
        Acceptance accepted = record.accepted();
        var model = metrics.model(accepted.model());
        metrics.holdEnded();
        metrics.settled(settling.toNanos());
        model.requestEnded(operation, outcome(record), accepted.streamed(), nanos(record));
        long firstToken = record.served().timeline().firstToken();
        if (firstToken >= 0) {
            model.firstToken(operation, TimeUnit.MICROSECONDS.toNanos(firstToken));
            long behind = record.served().timeline().lastToken() - firstToken;
            if (behind > 0 && record.usage().output() > 1) {
                model.outputTokens(
                        operation,
                        TimeUnit.MICROSECONDS.toNanos(behind) / (record.usage().output() - 1));
            }
        }
        model.tokensUsed(record.usage());
        keyUses.used(accepted.key());
        if (trail != null) {
            trail.settled(record, operation, settling);
        }
    }

    @Override
    public void released(Release release, Operation operation, @Nullable Problem problem) {
        metrics.holdEnded();
        metrics.model(release.accepted().model())
                .requestEnded(
                        operation,
                        problem == null ? RequestOutcome.CANCELLED : RequestOutcome.FAILED,
                        release.accepted().streamed(),
                        nanos(release));
        if (problem != null) {
            metrics.refused(problem);
        }
        if (trail != null) {
            trail.released(release, operation);
        }
    }

    private static long nanos(mooring.metering.Outcome ended) {
        return Duration.between(ended.accepted().admittedAt(), ended.finishedAt()).toNanos();
    }

    @Override
    public void attemptFailed(Replica replica, EngineFailure failure) {
        metrics.model(replica.model()).engineFailed(fault(failure));
        LOG.warn("replica {}: attempt failed: {}", replica.id(), failure.message());
    }

    @Override
    public void retried(ModelId model) {
        metrics.model(model).retries().sent();
    }

    @Override
    public void retryRefused(ModelId model) {
        metrics.model(model).retries().refused();
    }

    @Override
    public void ejected(Replica replica) {
        metrics.model(replica.model()).retries().ejected();
        LOG.warn("replica {}: fails too often and sits out for a while", replica.id());
    }

    @Override
    public void hedged(ModelId model, Hedge hedge) {
        switch (hedge) {
            case WON -> metrics.model(model).retries().hedgeWon();
            case LOST -> metrics.model(model).retries().hedgeLost();
            case RESCUED -> metrics.model(model).retries().hedgeRescued();
        }
    }

    @Override
    public void counted(Replica replica, Usage usage) {
        engines.counted(replica, usage);
    }

    @Override
    public void uncounted(Replica replica, Usage billed, Usage atMost) {
        engines.uncounted(replica, billed, atMost);
    }

    @Override
    public void unsettled(UsageRecord record, Operation operation, Throwable cause) {
        metrics.holdEnded();
        metrics.settlementFailed();
        LOG.error("NOT BOOKED: {}", record, cause);
        if (trail != null) {
            trail.settled(record, operation, Duration.ZERO);
        }
    }

    private static RequestOutcome outcome(UsageRecord record) {
        return switch (record.ending()) {
            case STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER -> RequestOutcome.COMPLETE;
            case CANCELLED -> RequestOutcome.CANCELLED;
            case ENGINE_LOST -> RequestOutcome.ENGINE_LOST;
            case GATEWAY_LOST -> RequestOutcome.GATEWAY_LOST;
            case INSUFFICIENT_QUOTA -> RequestOutcome.INSUFFICIENT_QUOTA;
        };
    }

    private static EngineFault fault(EngineFailure failure) {
        return switch (failure) {
            case EngineFailure.Unreachable _ -> EngineFault.UNREACHABLE;
            case EngineFailure.Busy _ -> EngineFault.BUSY;
            case EngineFailure.Rejected _ -> EngineFault.REJECTED;
            case EngineFailure.Broken _ -> EngineFault.BROKEN;
            case EngineFailure.TimedOut _ -> EngineFault.TIMED_OUT;
        };
    }

    private static ReplicaCondition condition(Replica.State state) {
        return switch (state) {
            case Replica.State.Starting _ -> ReplicaCondition.STARTING;
            case Replica.State.Ready _ -> ReplicaCondition.READY;
            case Replica.State.Down _ -> ReplicaCondition.DOWN;
        };
    }
}
