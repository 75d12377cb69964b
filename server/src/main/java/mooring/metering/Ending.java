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
    /// The gateway's process or machine died while content was delivered.
    GATEWAY_LOST,
    /// The wallet could not carry more.
    INSUFFICIENT_QUOTA
}
