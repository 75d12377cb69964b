package mooring.ledger;

/// This life of a node was given up, or a new one has begun: it has no leases any more and gets
/// none.
public final class EpochClosedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public EpochClosedException(NodeEpoch node) {
        super("node " + node.node() + ", epoch " + node.epoch() + ": its leases are closed");
    }
}
