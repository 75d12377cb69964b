package mooring.crash;

/// The simulated process ends here, in the middle of whatever it does.
final class Killed extends Error {
    private static final long serialVersionUID = 1;

    Killed() {
        super("killed", null, false, false);
    }
}
