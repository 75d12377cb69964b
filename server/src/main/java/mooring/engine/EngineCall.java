package mooring.engine;

import mooring.ids.RequestId;
import mooring.inference.CacheScope;
import mooring.inference.Request;

/// A request as it goes to an engine, with what the gateway decides over the caller's head.
///
/// @param maxTokens output tokens per choice; always sent, in the engine's own field
/// @param scope whose cached prefixes may be used
public record EngineCall(RequestId id, Request request, long maxTokens, CacheScope scope) {}
