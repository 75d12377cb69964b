package mooring.ledger;

/// One life of a node: each start of its process is a new epoch.
public record NodeEpoch(String node, long epoch) {}
