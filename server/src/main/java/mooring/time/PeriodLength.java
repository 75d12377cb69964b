package mooring.time;

import java.time.LocalDate;

/// How long a period of the calendar is.
public enum PeriodLength {
    DAY,
    MONTH;

    /// The first day of the period that this day is in.
    LocalDate first(LocalDate day) {
        return switch (this) {
            case DAY -> day;
            case MONTH -> day.withDayOfMonth(1);
        };
    }

    /// The first day of the period after the one that begins on this day.
    LocalDate next(LocalDate first) {
        return switch (this) {
            case DAY -> first.plusDays(1);
            case MONTH -> first.plusMonths(1);
        };
    }
}
