package mooring.time;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The days, or the months, of a time zone: they tile time without gap or overlap, whatever the
/// zone's clocks do.
///
/// Where the zone was changed, the period under way then (the seam) ends as it would have ended;
/// the next one begins there and ends by the new zone. It is never named as one before it, so it
/// can be shorter or longer than others.
public final class Periods {

    private final PeriodLength length;
    private final ZoneId zone;
    private final @Nullable Period seam;

    /// The latest answer; most questions are about now.
    private volatile @Nullable Period latest;

    private Periods(PeriodLength length, ZoneId zone, @Nullable Period seam) {
        this.length = length;
        this.zone = zone;
        this.seam = seam;
    }

    public static Periods of(PeriodLength length, ZoneId zone) {
        return new Periods(length, zone, null);
    }

    /// @param seam the period that was under way when the zone became this one; null when it always
    ///   was
    public static Periods of(PeriodLength length, ZoneId zone, @Nullable Period seam) {
        return new Periods(length, zone, seam);
    }

    /// These periods from the next one on in another zone.
    public Periods movedTo(ZoneId other, Instant now) {
        return new Periods(length, other, at(now));
    }

    public PeriodLength length() {
        return length;
    }

    public ZoneId zone() {
        return zone;
    }

    public @Nullable Period seam() {
        return seam;
    }

    /// The period of an instant. What lies before the seam counts to the seam.
    public Period at(Instant instant) {
        Period known = latest;
        if (known != null && known.contains(instant)) {
            return known;
        }
        Period found = find(instant);
        latest = found;
        return found;
    }

    /// The period that is named by its first day.
    public Period startingOn(LocalDate startsOn) {
        if (seam == null) {
            return inZone(startsOn);
        }
        if (!startsOn.isAfter(seam.startsOn())) {
            return seam;
        }
        Period plain = inZone(startsOn);
        return startsOn.equals(firstAfterSeam(seam))
                ? new Period(startsOn, seam.to(), plain.to())
                : plain;
    }

    private Period find(Instant instant) {
        if (seam == null) {
            return inZone(firstDay(instant));
        }
        if (instant.isBefore(seam.to())) {
            return seam;
        }
        LocalDate first = firstDay(instant);
        LocalDate earliest = firstAfterSeam(seam);
        return startingOn(first.isBefore(earliest) ? earliest : first);
    }

    private LocalDate firstAfterSeam(Period seam) {
        LocalDate next = length.next(seam.startsOn());
        LocalDate there = firstDay(seam.to());
        return there.isAfter(next) ? there : next;
    }

    private LocalDate firstDay(Instant instant) {
        LocalDate first = length.first(instant.atZone(zone).toLocalDate());
        // Where clocks go back over midnight, the end of a day comes twice; the second time belongs
        // to the day that has begun.
        while (!instant.isBefore(start(length.next(first)))) {
            first = length.next(first);
        }
        return first;
    }

    private Period inZone(LocalDate first) {
        return new Period(first, start(first), start(length.next(first)));
    }

    private Instant start(LocalDate day) {
        return day.atStartOfDay(zone).toInstant();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Periods that
                && length == that.length
                && zone.equals(that.zone)
                && Objects.equals(seam, that.seam);
    }

    @Override
    public int hashCode() {
        return Objects.hash(length, zone, seam);
    }

    @Override
    public String toString() {
        return length + "s of " + zone + (seam == null ? "" : " after " + seam);
    }
}
