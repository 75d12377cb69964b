package mooring.ledger.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import mooring.time.Period;
import mooring.time.PeriodLength;
import mooring.time.Periods;

/// An organization's days and months, as its row tells them.
public final class ZonePeriods {

    /// Of `organization o`.
    public static final String COLUMNS =
            """
            o.zone, o.day_seam_on, o.day_seam_from, o.day_seam_to, o.month_seam_on,
            o.month_seam_from, o.month_seam_to
            """;

    private ZonePeriods() {}

    /// From a row with [#COLUMNS].
    public static Periods read(ResultSet row, PeriodLength length) throws SQLException {
        ZoneId zone = ZoneId.of(row.getString("zone"));
        String seam =
                switch (length) {
                    case DAY -> "day_seam_";
                    case MONTH -> "month_seam_";
                };
        LocalDate on = row.getObject(seam + "on", LocalDate.class);
        return on == null
                ? Periods.of(length, zone)
                : Periods.of(
                        length,
                        zone,
                        new Period(
                                on,
                                row.getObject(seam + "from", OffsetDateTime.class).toInstant(),
                                row.getObject(seam + "to", OffsetDateTime.class).toInstant()));
    }
}
