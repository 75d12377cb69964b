package mooring.metering;

import java.util.List;
import mooring.money.Money;

/// Books outcomes of requests for ever. Blocking.
public interface UsageBooks {

    /// What became of one outcome.
    sealed interface Booking {

        /// @param drawn what was taken from the leases of the node that admitted it: the lesser of
        ///   charge and hold, or nothing when that lease has been closed
        record Settled(Settlement settlement, Money drawn) implements Booking {}

        /// Booked before with the same content; no money moved now.
        record Repeated() implements Booking {}

        /// Booked before with other content: kept for a person to look at; no money moved.
        record Conflict() implements Booking {}

        /// Cannot be booked as it is: kept for a person to look at; no money moved.
        record Quarantined(String reason) implements Booking {}

        /// Ended with nothing charged.
        record Released() implements Booking {}
    }

    /// Books them in as few transactions as can be, each outcome exactly once however often it
    /// comes. One booking for each, in their order.
    ///
    /// @throws RuntimeException when the store cannot be reached: nothing of the rest was booked,
    ///   try again
    List<Booking> book(List<Outcome> outcomes);
}
