package mooring.metering;

/// An archived day that cannot be read, or one that could not be archived; nothing was lost by it.
public final class ArchiveException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ArchiveException(String message) {
        super(message);
    }

    public ArchiveException(String message, Throwable cause) {
        super(message, cause);
    }
}
