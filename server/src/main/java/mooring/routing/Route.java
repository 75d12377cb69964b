package mooring.routing;

import mooring.replicas.Replica;

/// Where a request goes.
public sealed interface Route {

    /// The replica, with the load already booked.
    record Chosen(Replica.Booking booking) implements Route {}

    /// No replica of the model is ready.
    record NoneReady() implements Route {}

    /// Every ready replica has all it can run, and as much again waiting.
    record AllBusy() implements Route {}
}
