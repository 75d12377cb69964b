package mooring.api.management;

import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import mooring.time.Clock;

/// A stretch of time, its end not included.
record Span(Instant from, Instant to) {

    /// As the call has it; without an end until now, without a beginning from the month's first day
    /// in the zone.
    static Span of(Call call, ZoneId zone, Clock clock) {
        Instant now = clock.now();
        Instant month = now.atZone(zone).truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).toInstant();
        Instant to = call.instant("to", now);
        Instant from = call.instant("from", month.isBefore(to) ? month : to);
        if (from.isAfter(to)) {
            throw new ProblemException(
                    Problem.InvalidRequest.of("from", from, "at most to, which is " + to));
        }
        return new Span(from, to);
    }
}
