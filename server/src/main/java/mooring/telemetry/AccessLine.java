package mooring.telemetry;

import java.time.Instant;
import java.util.Map;
import mooring.inference.Operation;
import mooring.inference.Usage;
import org.jspecify.annotations.Nullable;

/// What is written down of one request when it has ended: who, what, how much, how long. Never what
/// was said, and no key, only its id.
///
/// @param at when it arrived
/// @param status as it was sent; 499 where the caller left before there was one
/// @param micros from arrival to the last byte
/// @param caller null where nobody was known
/// @param served null where nothing was asked of a model
/// @param problem the name of what was refused or broke, null where nothing did
/// @param traceId of the trace that it belongs to, null without one
public record AccessLine(
        Instant at,
        String requestId,
        String method,
        String path,
        int status,
        long bytesSent,
        long micros,
        @Nullable Caller caller,
        @Nullable Served served,
        @Nullable String problem,
        @Nullable String traceId) {

    /// Whose key it was.
    public record Caller(String organization, String project, String key) {}

    /// What ran, and when it passed each point of its way.
    ///
    /// @param ending how it ended, null where it was let go for nothing
    /// @param charge with its currency
    /// @param phases microseconds since arrival, in the order of the way; what never was is missing
    public record Served(
            Operation operation,
            String model,
            @Nullable String replica,
            int attempts,
            boolean streamed,
            Usage usage,
            @Nullable String ending,
            @Nullable String charge,
            Map<String, Long> phases) {}
}
