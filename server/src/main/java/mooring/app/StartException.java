package mooring.app;

/// Why this server cannot start, in one line with the remedy. Printed as it is.
final class StartException extends RuntimeException {

    private static final long serialVersionUID = 1;

    StartException(String message) {
        super(message);
    }

    StartException(String message, Throwable cause) {
        super(message, cause);
    }
}
