package mooring.metering.journal;

import mooring.ids.RequestId;
import org.jspecify.annotations.Nullable;

/// Where records that cannot be booked are kept for a person to look at. Blocking.
public interface RefusedRecords {

    /// Keeps one durably; the same bytes may come again, and are kept once.
    ///
    /// @param id whose it is, null when not even that can be read
    /// @param record its bytes in the journal
    /// @throws RuntimeException when it cannot be kept: it comes again
    void keep(@Nullable RequestId id, byte[] record, String reason);
}
