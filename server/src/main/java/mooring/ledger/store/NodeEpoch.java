package mooring.ledger.store;

/// One life of one node: its id and how often it has started.
public record NodeEpoch(String node, long epoch) {}
