package mooring.limits;

import java.time.Instant;
import mooring.time.Period;

/// What a request asks of its limits.
///
/// @param tokens of the prompt and of the longest answer together
/// @param nanos the monotonic reading at which it asks
/// @param day of the organization's zone, which holds `now`
record Ask(long tokens, long nanos, Instant now, Period day) {}
