package mooring.metering.journal;

/// Bytes are not what they should be; the message says which and what was expected.
final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnreadableException(String message) {
        super(message);
    }
}
