package mooring.process;

/// A child process that could not be started; the message is one line with the remedy.
public final class ChildException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ChildException(String message) {
        super(message);
    }

    public ChildException(String message, Throwable cause) {
        super(message, cause);
    }
}
