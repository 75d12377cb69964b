package mooring.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How an attempt at an engine went wrong.
public sealed interface EngineFailure {

    String message();

    /// No connection, or it was lost before an answer began.
    record Unreachable(String message) implements EngineFailure {}

    /// The engine, or the wait for it, is full.
    record Busy(@Nullable Duration retryAfter, String message) implements EngineFailure {}

    /// The engine refused the request itself; another replica would too.
    record Rejected(int status, String message) implements EngineFailure {}

    /// It broke off, or what it sent is no answer.
    record Broken(String message) implements EngineFailure {}

    /// A deadline passed.
    record TimedOut(String message) implements EngineFailure {}
}
