package mooring.crash;

/// The life of one simulated process. Whatever reaches its disk or its database beats it before and
/// after, and so may be where the process ends.
final class Pulse {

    private int left = Integer.MAX_VALUE;
    private boolean dead;

    /// Lets it die after so many more beats.
    void dieAfter(int beats) {
        left = beats;
    }

    boolean dead() {
        return dead;
    }

    void beat() {
        if (dead || --left < 0) {
            // Who catches this and goes on meets it again at the next step.
            dead = true;
            throw new Killed();
        }
    }
}
