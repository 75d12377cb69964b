package mooring.cli;

/// A request that may or may not have been done, since no answer came back.
final class LostAnswer extends Refusal {
    private static final long serialVersionUID = 1L;

    LostAnswer(String message, Throwable cause) {
        super(message, cause);
    }
}
