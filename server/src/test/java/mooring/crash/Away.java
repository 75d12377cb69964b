package mooring.crash;

/// The simulated database cannot be reached, or its answer was lost.
final class Away extends RuntimeException {
    private static final long serialVersionUID = 1;

    Away() {
        super("the store is away", null, false, false);
    }
}
