package mooring.simulator.answer;

/// A request that a real engine would refuse too, with the status and the type it would give.
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;

    public RefusedException(int status, String message) {
        super(message);
        this.status = status;
    }

    /// The HTTP status.
    public int status() {
        return status;
    }

    /// The error type as vLLM names it.
    public String type() {
        return switch (status) {
            case 400 -> "BadRequestError";
            case 404 -> "NotFoundError";
            case 429 -> "RateLimitError";
            case 503 -> "ServiceUnavailableError";
            default -> "InternalServerError";
        };
    }

    /// The message, which is never null.
    public String text() {
        return String.valueOf(getMessage());
    }
}
