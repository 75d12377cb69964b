package mooring.config;

/// How much the log says, from most to least.
public enum LogLevel {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
}
