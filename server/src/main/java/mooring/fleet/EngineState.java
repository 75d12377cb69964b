package mooring.fleet;

import java.net.URI;
import java.time.Duration;

/// How one engine of ours is doing.
public sealed interface EngineState {
    /// Its process runs and does not serve: it loads, or has stopped answering.
    record Starting(String detail) implements EngineState {}

    /// It serves at this address.
    record Ready(URI url) implements EngineState {}

    /// It ended and is started again after the delay.
    record BackingOff(String reason, Duration delay) implements EngineState {}

    /// It will not be started again: it can never work as it is set up.
    record Failed(String reason) implements EngineState {}

    /// It was ended because we asked for that.
    record Stopped() implements EngineState {}
}
