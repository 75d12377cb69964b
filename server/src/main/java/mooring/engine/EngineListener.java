package mooring.engine;

import mooring.inference.StreamEvent;

/// Hears what an engine answers, on the request's context.
public interface EngineListener {

    /// The engine has taken the request and begins its answer.
    default void connected() {}

    void event(StreamEvent event);

    /// The stream is over and was not complete.
    void failed(EngineFailure failure);
}
