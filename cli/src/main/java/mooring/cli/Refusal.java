package mooring.cli;

/// A command that was understood and could not be done: one sentence on what, and the next step.
sealed class Refusal extends RuntimeException permits LostAnswer {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
        super(message);
    }

    Refusal(String message, Throwable cause) {
        super(message, cause);
    }
}
