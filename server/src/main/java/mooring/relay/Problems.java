package mooring.relay;

import java.time.Duration;
import java.util.Locale;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.metering.Ending;
import mooring.metering.MeterException;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a caller is told of what went wrong behind the door.
public final class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

    private Problems() {}

    public static Problem of(Throwable cause) {
        return switch (cause) {
            case ProblemException known -> known.problem();
            case EngineException engine -> of(engine.failure());
            case MeterException _ -> new Problem.StoreUnavailable(RETRY_AFTER);
            default -> {
                LOG.error("unexpected failure", cause);
                yield new Problem.Internal();
            }
        };
    }

    public static Problem of(EngineFailure failure) {
        return switch (failure) {
            case EngineFailure.Unreachable _ ->
                    new Problem.EngineFailed("the engine's connection was lost");
            case EngineFailure.Busy(var retryAfter, _) ->
                    new Problem.EngineOverloaded(
                            0, 0, retryAfter == null ? RETRY_AFTER : retryAfter);
            case EngineFailure.Rejected(int status, String message) -> rejected(status, message);
            case EngineFailure.Broken(String message) -> new Problem.EngineFailed(message);
            case EngineFailure.TimedOut(String message) -> new Problem.EngineTimeout(message);
        };
    }

    /// How an answer is recorded that ends early because of this: an engine is blamed for nothing
    /// but its own faults.
    static Ending endingFor(Problem problem) {
        if (problem instanceof Problem.QuotaExhausted
                || problem instanceof Problem.BudgetExceeded) {
            return Ending.INSUFFICIENT_QUOTA;
        }
        return problem instanceof Problem.EngineFailed || problem instanceof Problem.EngineTimeout
                ? Ending.ENGINE_LOST
                : Ending.GATEWAY_LOST;
    }

    private static Problem rejected(int status, String message) {
        if (status == 404) {
            return new Problem.EngineFailed("the engine does not know the model: " + message);
        }
        String lower = message.toLowerCase(Locale.ROOT);
        return lower.contains("context")
                ? new Problem.ContextLengthExceeded("messages", message)
                : new Problem.InvalidRequest(null, message);
    }
}
