package mooring.fleet;

/// Who is told when a local engine's state changes.
@FunctionalInterface
public interface LocalEngineWatcher {
    /// Called in order, on the engine's own thread, which waits meanwhile: return soon.
    void changed(LocalEngine engine, EngineState before, EngineState now);
}
