package mooring.crypto;

/// Why an envelope does not open. Never shows what is in it.
public final class UnsealException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UnsealException(String message) {
        super(message);
    }
}
