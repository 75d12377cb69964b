package mooring.ledger.lease;

import java.time.Duration;

/// How long everything about leases takes; the table in this package's README says why.
///
/// @param length how long leases live after a heartbeat, by the store's clock
/// @param margin how much earlier the node stops to admit from them, by its own
/// @param heartbeat from one heartbeat to the next
/// @param longestWait how long a request waits for an answer of the store
/// @param patience how long nodes that were asked to give back are waited for
/// @param exact how long no more than exact holds are leased after money was found short
/// @param recalled how long free money is given back at once after a recall
/// @param idle after this long without a request everything free is given back
/// @param sweep from one look at all purses to the next
public record LeaseTimings(
        Duration length,
        Duration margin,
        Duration heartbeat,
        Duration longestWait,
        Duration patience,
        Duration exact,
        Duration recalled,
        Duration idle,
        Duration sweep) {

    public static final LeaseTimings DEFAULT =
            new LeaseTimings(
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(10),
                    Duration.ofMillis(1_500),
                    Duration.ofSeconds(2),
                    Duration.ofMillis(200),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(10),
                    Duration.ofMillis(250));

    public LeaseTimings {
        if (margin.plus(heartbeat).compareTo(length) >= 0) {
            throw new IllegalArgumentException(
                    "margin "
                            + margin
                            + " + heartbeat "
                            + heartbeat
                            + " (expected: below "
                            + length
                            + ", the length of a lease)");
        }
    }

    public LeaseTimings withPatience(Duration other) {
        return new LeaseTimings(
                length, margin, heartbeat, longestWait, other, exact, recalled, idle, sweep);
    }
}
