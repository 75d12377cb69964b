package mooring.engine;

import mooring.ids.RequestId;
import mooring.inference.CacheScope;
import mooring.inference.Request;
import org.jspecify.annotations.Nullable;

/// A request as it goes to an engine, with what the gateway decides over the caller's head.
///
/// @param maxTokens output tokens per choice; always sent, in the engine's own field
/// @param scope whose cached prefixes may be used
/// @param traceparent of the trace that it belongs to, as W3C writes it; null without one
public record EngineCall(
        RequestId id,
        Request request,
        long maxTokens,
        CacheScope scope,
        @Nullable String traceparent) {

    /// Without a trace.
    public EngineCall(RequestId id, Request request, long maxTokens, CacheScope scope) {
        this(id, request, maxTokens, scope, null);
    }
}
