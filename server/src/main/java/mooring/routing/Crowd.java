package mooring.routing;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How many requests of a model wait for a place at a replica, and how long the last of them will.
///
/// @param places how many may wait
/// @param expected as the line has moved lately; null where it has not moved yet
public record Crowd(long waiting, long places, @Nullable Duration expected) {

    /// After what a caller should come back who found no place: when those who wait now are served,
    /// within bounds.
    ///
    /// @param otherwise where nothing is known
    public Duration comeBackAfter(Duration atLeast, Duration atMost, Duration otherwise) {
        Duration wait = expected == null ? otherwise : expected;
        if (wait.compareTo(atLeast) < 0) {
            return atLeast;
        }
        return wait.compareTo(atMost) > 0 ? atMost : wait;
    }
}
