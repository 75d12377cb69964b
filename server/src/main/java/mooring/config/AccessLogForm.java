package mooring.config;

/// Whether each request is written down, and how.
public enum AccessLogForm {
    OFF,
    TEXT,
    JSON
}
