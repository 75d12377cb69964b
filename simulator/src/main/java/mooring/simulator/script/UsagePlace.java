package mooring.simulator.script;

/// Where a stream carries its usage, whatever the request asked for.
public enum UsagePlace {
    /// One chunk with empty choices before `[DONE]`, asked for or not.
    LAST,
    /// In every chunk, and in a last one.
    EVERY,
    /// Nowhere, in whole answers neither.
    NONE,
    /// In `choices[0].usage` of the chunk with the finish reason.
    IN_CHOICE,
    /// Beside the choices of the chunk with the finish reason.
    WITH_FINISH
}
