package mooring.routing;

/// A request that waits for a place at a replica.
public interface Waiting {

    /// Waits no longer. What was found for it at this very moment may still be told.
    void leave();
}
