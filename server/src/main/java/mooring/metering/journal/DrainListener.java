package mooring.metering.journal;

import mooring.metering.Outcome;
import mooring.metering.UsageBooks;

/// Is told what became of each outcome, on the draining thread, after it was booked.
@FunctionalInterface
public interface DrainListener {

    /// `Repeated` also comes when a batch was booked and its answer lost: what was drawn from
    /// leases then is known to the store alone.
    void booked(Outcome outcome, UsageBooks.Booking booking);
}
