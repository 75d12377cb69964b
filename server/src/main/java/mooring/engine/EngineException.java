package mooring.engine;

/// Carries an [EngineFailure] where a future fails.
public final class EngineException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient EngineFailure failure;

    public EngineException(EngineFailure failure) {
        super(failure.message(), null, false, false);
        this.failure = failure;
    }

    public EngineFailure failure() {
        return failure;
    }
}
