package mooring.telemetry;

/// How a request that reached an engine came out, as far as it is counted.
public enum RequestOutcome {
    /// Answered to the end.
    COMPLETE,
    /// The caller went away.
    CANCELLED,
    /// The engine broke off after content was delivered.
    ENGINE_LOST,
    /// The gateway ended it after content was delivered: it stopped, or could not reach its store.
    GATEWAY_LOST,
    /// The wallet could not carry more.
    INSUFFICIENT_QUOTA,
    /// No attempt reached content.
    FAILED
}
