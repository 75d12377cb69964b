package mooring.inference;

/// How urgently a request is served, and by which of a model's prices.
public enum ServiceTier {
    STANDARD,
    BATCH,
    PRIORITY
}
