package mooring.catalog;

/// What a model can do; a request that needs more is refused by name.
public enum Capability {
    TOOLS,
    JSON_SCHEMA,
    LOGPROBS,
    REASONING,
    EMBEDDINGS,
    IMAGES
}
