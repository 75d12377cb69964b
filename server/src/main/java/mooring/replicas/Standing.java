package mooring.replicas;

import java.time.Duration;

/// How a replica has been answering lately, and whether it sits out for it.
///
/// Only what becomes of real requests counts here; whether it answers at all is asked elsewhere.
/// Safe from any thread; readings are those of one monotonic clock.
public final class Standing {

    /// Failures in a row after which a replica is suspect.
    static final int CONSECUTIVE = 5;

    /// Requests of a window from which on their share of failures says something.
    static final int LEAST = 20;

    static final Duration WINDOW = Duration.ofSeconds(10);
    static final Duration FIRST_EJECTION = Duration.ofSeconds(5);
    static final Duration LONGEST_EJECTION = Duration.ofMinutes(2);

    /// How long it must answer well for its past ejections to be forgotten.
    static final Duration FORGIVEN = Duration.ofMinutes(1);

    /// From its return to its full share of the work.
    static final Duration RAMP_UP = Duration.ofSeconds(20);

    /// The share with which it begins.
    static final double FIRST_SHARE = 0.1;

    /// No engine's word keeps it out longer than this.
    static final Duration LONGEST_COOLDOWN = Duration.ofMinutes(5);

    private int failuresInARow;
    private int ejections;
    private long windowFrom;
    private int answered;
    private int failed;
    private volatile long ejectedUntil;
    private volatile long coolsUntil;
    private volatile long rampFrom;

    Standing(long now) {
        windowFrom = now;
        ejectedUntil = now;
        coolsUntil = now;
        rampFrom = now - RAMP_UP.toNanos();
    }

    synchronized void answered(long now) {
        window(now);
        answered++;
        failuresInARow = 0;
        if (ejections > 0 && now - ejectedUntil > FORGIVEN.toNanos()) {
            ejections = 0;
        }
    }

    /// Counts a failure; true when it fails so often that it should sit out.
    synchronized boolean failed(long now) {
        window(now);
        failed++;
        failuresInARow++;
        return failuresInARow >= CONSECUTIVE || (answered + failed >= LEAST && failed >= answered);
    }

    private void window(long now) {
        if (now - windowFrom > WINDOW.toNanos()) {
            windowFrom = now;
            answered = 0;
            failed = 0;
        }
    }

    /// Lets it sit out, each time twice as long as the time before, and come back slowly.
    synchronized void eject(long now) {
        long first = FIRST_EJECTION.toNanos();
        long span = Math.min(first << Math.min(ejections, 20), LONGEST_EJECTION.toNanos());
        ejections++;
        failuresInARow = 0;
        answered = 0;
        failed = 0;
        ejectedUntil = now + span;
        rampFrom = ejectedUntil;
    }

    /// It asked to be left alone for a while. Of two such wishes the later end counts.
    synchronized void coolDown(long now, Duration wish) {
        Duration bounded = wish.compareTo(LONGEST_COOLDOWN) < 0 ? wish : LONGEST_COOLDOWN;
        long until = now + bounded.toNanos();
        if (until - coolsUntil > 0) {
            coolsUntil = until;
        }
    }

    /// It was gone and serves again.
    synchronized void returned(long now) {
        rampFrom = now;
    }

    boolean ejected(long now) {
        return now - ejectedUntil < 0;
    }

    /// Whether work goes to others while there are any.
    public boolean sitsOut(long now) {
        return now - ejectedUntil < 0 || now - coolsUntil < 0;
    }

    /// The part of its usual work that it gets now, above 0 and at most 1.
    public double share(long now) {
        long since = now - rampFrom;
        return since >= RAMP_UP.toNanos()
                ? 1
                : Math.max(FIRST_SHARE, (double) since / RAMP_UP.toNanos());
    }
}
