package mooring.simulator.script;

/// A directive or script that nobody can follow; the message names the key and what was expected.
public final class BadDirectiveException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BadDirectiveException(String message) {
        super(message);
    }
}
