package mooring.telemetry;

/// Whether a replica takes work, as far as it is shown.
public enum ReplicaCondition {
    STARTING,
    READY,
    DOWN
}
