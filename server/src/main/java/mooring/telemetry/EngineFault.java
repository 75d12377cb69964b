package mooring.telemetry;

/// How an attempt at an engine went wrong, as far as it is counted.
public enum EngineFault {
    UNREACHABLE,
    BUSY,
    REJECTED,
    BROKEN,
    TIMED_OUT
}
