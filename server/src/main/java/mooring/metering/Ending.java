package mooring.metering;

/// How a charged request came to its end.
public enum Ending {
    STOP,
    LENGTH,
    TOOL_CALLS,
    CONTENT_FILTER,
    /// The caller went away.
    CANCELLED,
    /// The engine broke off after content was delivered.
    ENGINE_LOST,
    /// The gateway ended it while content was delivered: it stopped or died, or could not reach its
    /// store.
    GATEWAY_LOST,
    /// The wallet could not carry more.
    INSUFFICIENT_QUOTA
}
