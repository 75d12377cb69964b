package mooring.engine;

/// A running answer, seen from the side that reads it.
public interface EngineStream {

    /// Stops reading; the engine feels it once its socket is full.
    void pause();

    void resume();

    /// Ends it: the connection closes, the engine stops generating. Harmless when already over.
    void cancel();
}
