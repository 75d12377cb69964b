package mooring.metering.store;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import mooring.metering.UsageReports;
import mooring.metering.UsageReports.Grouping;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// A span of time cut into the days, hours or minutes of a zone, and each of these into stretches
/// that a roll-up knows: whole days in UTC where there are any, else hours, else minutes, else
/// single requests. Zones off the hour and days of 23 or 25 hours need no case of their own.
final class UsageSpan {

    enum Level {
        DAY,
        HOUR,
        MINUTE,
        RAW
    }

    /// A stretch of one bucket, read from one roll-up.
    record Piece(int bucket, Level level, Instant from, Instant to) {}

    /// How far the roll-ups can be trusted.
    ///
    /// @param reopened whether an hour's late record is not in the sums yet
    record Progress(Instant hoursUntil, Instant daysUntil, Predicate<Instant> reopened) {}

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    final List<Instant> starts = new ArrayList<>();
    final List<Piece> pieces = new ArrayList<>();

    private UsageSpan() {}

    static UsageSpan of(
            Instant from, Instant to, ZoneId zone, Set<Grouping> grouping, Progress progress) {
        UsageSpan span = new UsageSpan();
        Instant at = from;
        while (at.isBefore(to)) {
            Instant next = next(at, to, zone, grouping);
            if (span.starts.size() == UsageReports.MAX_BUCKETS) {
                throw new ProblemException(
                        Problem.InvalidRequest.of(
                                "from",
                                from,
                                "at most "
                                        + UsageReports.MAX_BUCKETS
                                        + " days, hours or minutes before to, which is "
                                        + to));
            }
            span.cut(span.starts.size(), at, next, progress);
            span.starts.add(start(at, zone, grouping));
            at = next;
        }
        return span;
    }

    private static Instant next(Instant at, Instant to, ZoneId zone, Set<Grouping> grouping) {
        ZonedDateTime local = at.atZone(zone);
        Instant next = to;
        if (grouping.contains(Grouping.DAY)) {
            next = local.toLocalDate().plusDays(1).atStartOfDay(zone).toInstant();
        } else if (grouping.contains(Grouping.HOUR)) {
            // A change of offset can cut an hour short, or make one of an hour and a half.
            next =
                    local.toLocalDateTime()
                            .truncatedTo(ChronoUnit.HOURS)
                            .plusHours(1)
                            .atZone(zone)
                            .toInstant();
            Instant change = change(at, next, zone);
            next = change == null ? next : change;
        } else if (grouping.contains(Grouping.MINUTE)) {
            next = at.truncatedTo(ChronoUnit.MINUTES).plus(MINUTE);
        }
        return next.isBefore(to) && next.isAfter(at) ? next : to;
    }

    /// The offset's change within `(at, next)`, null when there is none.
    private static @Nullable Instant change(Instant at, Instant next, ZoneId zone) {
        var transition = zone.getRules().nextTransition(at);
        return transition != null && transition.getInstant().isBefore(next)
                ? transition.getInstant()
                : null;
    }

    private static Instant start(Instant at, ZoneId zone, Set<Grouping> grouping) {
        if (grouping.contains(Grouping.DAY)) {
            return at.atZone(zone).toLocalDate().atStartOfDay(zone).toInstant();
        }
        if (grouping.contains(Grouping.HOUR)) {
            Instant hour = at.atZone(zone).truncatedTo(ChronoUnit.HOURS).toInstant();
            Instant change = change(hour, at.plusNanos(1), zone);
            return change == null ? hour : change;
        }
        return grouping.contains(Grouping.MINUTE) ? at.truncatedTo(ChronoUnit.MINUTES) : at;
    }

    private void cut(int bucket, Instant from, Instant to, Progress progress) {
        Instant at = from;
        while (at.isBefore(to)) {
            Level level = level(at, to, progress);
            Instant end =
                    switch (level) {
                        case DAY -> at.plus(DAY);
                        case HOUR -> at.plus(HOUR);
                        // At most to the next hour, where a larger stretch may begin.
                        case MINUTE ->
                                earlier(
                                        to.truncatedTo(ChronoUnit.MINUTES),
                                        at.truncatedTo(ChronoUnit.HOURS).plus(HOUR));
                        case RAW -> earlier(to, at.truncatedTo(ChronoUnit.MINUTES).plus(MINUTE));
                    };
            add(new Piece(bucket, level, at, end));
            at = end;
        }
    }

    private static Level level(Instant at, Instant to, Progress progress) {
        if (whole(at, DAY, to)
                && !at.plus(DAY).isAfter(progress.daysUntil())
                && !anyReopened(at, progress)) {
            return Level.DAY;
        }
        if (whole(at, HOUR, to)
                && !at.plus(HOUR).isAfter(progress.hoursUntil())
                && !progress.reopened().test(at)) {
            return Level.HOUR;
        }
        return whole(at, MINUTE, to) ? Level.MINUTE : Level.RAW;
    }

    private static boolean anyReopened(Instant day, Progress progress) {
        for (int hour = 0; hour < 24; hour++) {
            if (progress.reopened().test(day.plus(Duration.ofHours(hour)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean whole(Instant at, Duration unit, Instant to) {
        return at.getNano() == 0
                && Math.floorMod(at.getEpochSecond(), unit.toSeconds()) == 0
                && !at.plus(unit).isAfter(to);
    }

    /// Stretches that follow on each other are read as one.
    private void add(Piece piece) {
        Piece last = pieces.isEmpty() ? null : pieces.getLast();
        if (last != null
                && last.bucket() == piece.bucket()
                && last.level() == piece.level()
                && last.to().equals(piece.from())) {
            pieces.set(
                    pieces.size() - 1,
                    new Piece(piece.bucket(), piece.level(), last.from(), piece.to()));
        } else {
            pieces.add(piece);
        }
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }
}
