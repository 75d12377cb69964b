package mooring.api.management;

/// What runs: this build, the Java under it and the database schema that it works on.
public record ServerVersion(String version, String java, String schema) {}
