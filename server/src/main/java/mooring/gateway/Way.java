package mooring.gateway;

import mooring.metering.Timeline;
import mooring.relay.Relay;
import mooring.time.Clock;

/// When a request passed each point of its way, noted as it goes. Lives on its event loop.
final class Way {

    private final Clock clock;
    private final long arrived;
    private long authenticated;
    private long admitted;
    private long dispatched;

    Way(Clock clock) {
        this.clock = clock;
        this.arrived = clock.monotonicNanos();
    }

    void authenticated() {
        authenticated = clock.monotonicNanos();
    }

    void admitted() {
        admitted = clock.monotonicNanos();
    }

    void dispatched() {
        dispatched = clock.monotonicNanos();
    }

    long nanosSoFar() {
        return clock.monotonicNanos() - arrived;
    }

    Timeline timeline(Relay.Moments moments) {
        return new Timeline(
                micros(authenticated),
                micros(admitted),
                micros(dispatched),
                micros(moments.connected()),
                micros(moments.firstContent()),
                micros(moments.lastContent()));
    }

    private long micros(long reading) {
        return reading == 0 ? -1 : (reading - arrived) / 1_000;
    }
}
