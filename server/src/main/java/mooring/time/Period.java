package mooring.time;

import java.time.Instant;
import java.time.LocalDate;

/// One day or month as people in a time zone have it: `from` ≤ instant < `to`.
///
/// @param startsOn its first day there; names the period
public record Period(LocalDate startsOn, Instant from, Instant to) {

    public boolean contains(Instant instant) {
        return !instant.isBefore(from) && instant.isBefore(to);
    }
}
