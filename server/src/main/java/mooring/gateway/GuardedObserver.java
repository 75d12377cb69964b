package mooring.gateway;

import java.time.Duration;
import mooring.accounts.Principal;
import mooring.engine.EngineFailure;
import mooring.ids.RequestId;
import mooring.inference.ModelId;
import mooring.inference.Operation;
import mooring.inference.Usage;
import mooring.metering.Acceptance;
import mooring.metering.Release;
import mooring.metering.UsageRecord;
import mooring.problem.Problem;
import mooring.replicas.Replica;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An observer whose faults stay its own: no request's money hangs on what is counted or logged.
final class GuardedObserver implements Observer {

    private static final Logger LOG = LoggerFactory.getLogger(GuardedObserver.class);

    private final Observer observer;

    GuardedObserver(Observer observer) {
        this.observer = observer;
    }

    @Override
    public @Nullable String traceparent(RequestId id) {
        try {
            return observer.traceparent(id);
        } catch (RuntimeException e) {
            failed("traceparent", e);
            return null;
        }
    }

    @Override
    public void admitted(ModelId model) {
        try {
            observer.admitted(model);
        } catch (RuntimeException e) {
            failed("admitted", e);
        }
    }

    @Override
    public void identified(RequestId id, Principal principal) {
        try {
            observer.identified(id, principal);
        } catch (RuntimeException e) {
            failed("identified", e);
        }
    }

    @Override
    public void begun(Acceptance accepted) {
        try {
            observer.begun(accepted);
        } catch (RuntimeException e) {
            failed("begun", e);
        }
    }

    @Override
    public void refused(RequestId id, Problem problem) {
        try {
            observer.refused(id, problem);
        } catch (RuntimeException e) {
            failed("refused", e);
        }
    }

    @Override
    public void refused(Problem problem) {
        try {
            observer.refused(problem);
        } catch (RuntimeException e) {
            failed("refused", e);
        }
    }

    @Override
    public void settled(UsageRecord record, Operation operation, Duration settling) {
        try {
            observer.settled(record, operation, settling);
        } catch (RuntimeException e) {
            failed("settled", e);
        }
    }

    @Override
    public void released(Release release, Operation operation, @Nullable Problem problem) {
        try {
            observer.released(release, operation, problem);
        } catch (RuntimeException e) {
            failed("released", e);
        }
    }

    @Override
    public void attemptFailed(Replica replica, EngineFailure failure) {
        try {
            observer.attemptFailed(replica, failure);
        } catch (RuntimeException e) {
            failed("attemptFailed", e);
        }
    }

    @Override
    public void retried(ModelId model) {
        try {
            observer.retried(model);
        } catch (RuntimeException e) {
            failed("retried", e);
        }
    }

    @Override
    public void retryRefused(ModelId model) {
        try {
            observer.retryRefused(model);
        } catch (RuntimeException e) {
            failed("retryRefused", e);
        }
    }

    @Override
    public void ejected(Replica replica) {
        try {
            observer.ejected(replica);
        } catch (RuntimeException e) {
            failed("ejected", e);
        }
    }

    @Override
    public void hedged(ModelId model, Hedge hedge) {
        try {
            observer.hedged(model, hedge);
        } catch (RuntimeException e) {
            failed("hedged", e);
        }
    }

    @Override
    public void counted(Replica replica, Usage usage) {
        try {
            observer.counted(replica, usage);
        } catch (RuntimeException e) {
            failed("counted", e);
        }
    }

    @Override
    public void uncounted(Replica replica, Usage billed, Usage atMost) {
        try {
            observer.uncounted(replica, billed, atMost);
        } catch (RuntimeException e) {
            failed("uncounted", e);
        }
    }

    @Override
    public void unsettled(UsageRecord record, Operation operation, Throwable cause) {
        try {
            observer.unsettled(record, operation, cause);
        } catch (RuntimeException e) {
            failed("unsettled", e);
        }
    }

    private static void failed(String what, RuntimeException cause) {
        LOG.error("an observer failed at {}", what, cause);
    }
}
