package mooring.cli;

/// A command that was put wrongly, found after its options were read; ends with exit code 2.
final class MisuseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    MisuseException(String message) {
        super(message);
    }
}
