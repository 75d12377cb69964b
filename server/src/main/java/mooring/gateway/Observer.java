package mooring.gateway;

import java.time.Duration;
import mooring.engine.EngineFailure;
import mooring.inference.ModelId;
import mooring.metering.UsageRecord;
import mooring.problem.Problem;
import mooring.replicas.Replica;

/// Hears what becomes of requests, for metrics and logs. Must be quick: it runs on the event loop.
public interface Observer {

    /// A request was booked.
    void settled(UsageRecord record, Duration timeToFirstContent, Duration duration);

    /// A running request ended with nothing charged.
    void released(ModelId model, Problem problem);

    /// An attempt at a replica failed.
    void attemptFailed(Replica replica, EngineFailure failure);

    /// Booking failed for good: the record is in the log and nowhere else.
    void unsettled(UsageRecord record, Throwable cause);

    /// Hears nothing.
    Observer NONE =
            new Observer() {
                @Override
                public void settled(UsageRecord record, Duration first, Duration duration) {}

                @Override
                public void released(ModelId model, Problem problem) {}

                @Override
                public void attemptFailed(Replica replica, EngineFailure failure) {}

                @Override
                public void unsettled(UsageRecord record, Throwable cause) {}
            };
}
