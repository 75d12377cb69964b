package mooring.bench;

import java.time.Duration;

/// When a client goes away before its answer's end, and how.
sealed interface Leave {

    /// Stays to the end.
    record Never() implements Leave {}

    /// Closes once so many pieces of content were read, with a reset or a plain end.
    record AfterPieces(int pieces, boolean reset) implements Leave {}

    /// Closes after so long, whatever came.
    record After(Duration time, boolean reset) implements Leave {}
}
