package mooring.metering;

/// What is used cannot be written down, for instance because the disk is full.
public final class MeterException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MeterException(String message, Throwable cause) {
        super(message, cause);
    }
}
