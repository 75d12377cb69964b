package mooring.metering.journal;

import mooring.ids.RequestId;
import mooring.metering.Acceptance;
import mooring.metering.Outcome;
import org.jspecify.annotations.Nullable;

/// What one record of the journal says.
public sealed interface JournalRecord {

    /// A request was admitted.
    record Accepted(Acceptance acceptance) implements JournalRecord {}

    /// A request came to its one end.
    record Ended(Outcome outcome) implements JournalRecord {}

    /// Bytes that are no record of a version known here.
    ///
    /// @param id whose it is, as far as that can be told
    /// @param end whether it says, as far as that can be told, how that request ended
    record Unreadable(@Nullable RequestId id, boolean end, String reason)
            implements JournalRecord {}
}
