package mooring.engine;

/// A running answer, seen from the side that reads it.
public interface EngineStream {

    /// Stops reading; the engine feels it once its socket is full.
    void pause();

    void resume();

    /// Whether anything was sent to the engine yet; before that it can have computed nothing.
    default boolean dispatched() {
        return true;
    }

    /// Ends it: the connection closes, the engine stops generating. Harmless when already over.
    void cancel();
}
