package mooring.routing;

import mooring.replicas.Replica;

/// Where a request goes.
public sealed interface Route {

    /// The replica, with the load already booked.
    record Chosen(Replica.Booking booking) implements Route {}

    /// No replica of the model is ready.
    record NoneReady() implements Route {}

    /// Every ready replica has all it can run, or others wait for one already. To one who waits: so
    /// many do that there is no place in the line.
    record AllBusy() implements Route {}
}
