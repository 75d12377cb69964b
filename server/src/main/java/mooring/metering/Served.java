package mooring.metering;

import org.jspecify.annotations.Nullable;

/// Where a request ran and how long each part of its way took.
///
/// @param replica name of the last replica asked, null when none was
/// @param attempts replicas asked
public record Served(@Nullable String replica, int attempts, Timeline timeline) {

    public static final Served NOWHERE = new Served(null, 0, Timeline.UNKNOWN);

    public Served {
        if (attempts < 0) {
            throw new IllegalArgumentException("attempts: " + attempts + " (expected: 0 or more)");
        }
    }
}
