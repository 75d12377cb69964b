package mooring.engine;

import mooring.inference.StreamEvent;

/// Hears what an engine answers, on the request's context.
public interface EngineListener {

    void event(StreamEvent event);

    /// The stream is over and was not complete.
    void failed(EngineFailure failure);
}
