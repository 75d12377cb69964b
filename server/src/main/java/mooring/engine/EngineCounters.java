package mooring.engine;

/// What an engine says that it has computed since its start.
///
/// @param life changes with each start of the engine; empty where it does not tell
/// @param promptTokens of all prompts
/// @param cachedIncluded whether prompt tokens that were found in a cache are among them
public record EngineCounters(
        String life, long promptTokens, boolean cachedIncluded, long generatedTokens) {}
