package mooring.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Days and months in time zones, written out by hand, and tiled over years.
class PeriodsTest {

    @ParameterizedTest
    @CsvSource({
        // zone, instant, the day, where it begins, where it ends
        "UTC, 2026-06-10T23:59:59.999999999Z, 2026-06-10, 2026-06-10T00:00Z, 2026-06-11T00:00Z",
        "UTC, 2026-06-11T00:00:00Z, 2026-06-11, 2026-06-11T00:00Z, 2026-06-12T00:00Z",
        "Pacific/Kiritimati, 2026-06-10T09:59:59Z, 2026-06-10, 2026-06-09T10:00Z,"
                + " 2026-06-10T10:00Z",
        "Pacific/Kiritimati, 2026-06-10T10:00:00Z, 2026-06-11, 2026-06-10T10:00Z,"
                + " 2026-06-11T10:00Z",
        "Pacific/Pago_Pago, 2026-06-10T10:59:59Z, 2026-06-09, 2026-06-09T11:00Z,"
                + " 2026-06-10T11:00Z",
        "America/Los_Angeles, 2026-03-08T12:00:00Z, 2026-03-08, 2026-03-08T08:00Z,"
                + " 2026-03-09T07:00Z",
        "America/Los_Angeles, 2026-11-02T07:59:59Z, 2026-11-01, 2026-11-01T07:00Z,"
                + " 2026-11-02T08:00Z",
        "Europe/London, 2026-03-29T22:59:59Z, 2026-03-29, 2026-03-29T00:00Z, 2026-03-29T23:00Z",
        "Europe/London, 2026-10-25T00:30:00Z, 2026-10-25, 2026-10-24T23:00Z, 2026-10-26T00:00Z",
        "Australia/Lord_Howe, 2026-04-05T00:00:00Z, 2026-04-05, 2026-04-04T13:00Z,"
                + " 2026-04-05T13:30Z",
        "Australia/Lord_Howe, 2026-10-04T00:00:00Z, 2026-10-04, 2026-10-03T13:30Z,"
                + " 2026-10-04T13:00Z",
        "Asia/Kathmandu, 2026-06-10T18:15:00Z, 2026-06-11, 2026-06-10T18:15Z, 2026-06-11T18:15Z",
        "Asia/Kathmandu, 2026-06-10T18:14:59Z, 2026-06-10, 2026-06-09T18:15Z, 2026-06-10T18:15Z",
        // Clocks went back from 00:01 to 23:01: the end of the 6th came twice.
        "America/St_Johns, 2010-11-07T02:45:00Z, 2010-11-07, 2010-11-07T02:30Z, 2010-11-08T03:30Z",
        // Midnight itself was left out.
        "America/Sao_Paulo, 2018-11-04T03:00:00Z, 2018-11-04, 2018-11-04T03:00Z, 2018-11-05T02:00Z",
        // A whole day was left out.
        "Pacific/Apia, 2011-12-30T10:00:00Z, 2011-12-31, 2011-12-30T10:00Z, 2011-12-31T10:00Z"
    })
    void aDayIsTheZonesOwn(String zone, String instant, String day, String from, String to) {
        Period period = days(zone).at(Instant.parse(instant));
        assertThat(period).isEqualTo(new Period(LocalDate.parse(day), at(from), at(to)));
        assertThat(days(zone).startingOn(period.startsOn())).isEqualTo(period);
    }

    @ParameterizedTest
    @CsvSource({
        "UTC, 2026-02-28T23:59:59Z, 2026-02-01, 2026-02-01T00:00Z, 2026-03-01T00:00Z",
        "UTC, 2028-02-29T23:59:59Z, 2028-02-01, 2028-02-01T00:00Z, 2028-03-01T00:00Z",
        "UTC, 2026-12-31T23:59:59Z, 2026-12-01, 2026-12-01T00:00Z, 2027-01-01T00:00Z",
        "Pacific/Kiritimati, 2026-01-31T10:00:00Z, 2026-02-01, 2026-01-31T10:00Z,"
                + " 2026-02-28T10:00Z",
        "Pacific/Pago_Pago, 2026-03-01T10:59:59Z, 2026-02-01, 2026-02-01T11:00Z, 2026-03-01T11:00Z",
        "America/Los_Angeles, 2026-03-31T12:00:00Z, 2026-03-01, 2026-03-01T08:00Z,"
                + " 2026-04-01T07:00Z",
        "America/Los_Angeles, 2026-11-30T12:00:00Z, 2026-11-01, 2026-11-01T07:00Z,"
                + " 2026-12-01T08:00Z",
        "Europe/London, 2026-10-31T23:59:59Z, 2026-10-01, 2026-09-30T23:00Z, 2026-11-01T00:00Z",
        "Australia/Lord_Howe, 2026-04-15T00:00:00Z, 2026-04-01, 2026-03-31T13:00Z,"
                + " 2026-04-30T13:30Z",
        "Asia/Kathmandu, 2026-01-31T18:15:00Z, 2026-02-01, 2026-01-31T18:15Z, 2026-02-28T18:15Z"
    })
    void aMonthIsTheZonesOwn(String zone, String instant, String first, String from, String to) {
        Periods months = Periods.of(PeriodLength.MONTH, ZoneId.of(zone));
        Period period = months.at(Instant.parse(instant));
        assertThat(period).isEqualTo(new Period(LocalDate.parse(first), at(from), at(to)));
        assertThat(months.startingOn(period.startsOn())).isEqualTo(period);
    }

    @Test
    void b19DaysHaveAsManyHoursAsTheZonesClocksGiveThem() {
        Periods losAngeles = days("America/Los_Angeles");
        assertThat(hours(losAngeles.startingOn(LocalDate.parse("2026-03-08")))).isEqualTo(23);
        assertThat(hours(losAngeles.startingOn(LocalDate.parse("2026-03-09")))).isEqualTo(24);
        assertThat(hours(losAngeles.startingOn(LocalDate.parse("2026-11-01")))).isEqualTo(25);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "UTC",
                "Pacific/Kiritimati",
                "Pacific/Pago_Pago",
                "America/Los_Angeles",
                "Europe/London",
                "Australia/Lord_Howe",
                "Asia/Kathmandu",
                "America/St_Johns",
                "America/Havana"
            })
    void b16PeriodsTileThreeYearsWithoutGapOrOverlap(String zone) {
        for (PeriodLength length : PeriodLength.values()) {
            Periods periods = Periods.of(length, ZoneId.of(zone));
            assertTiled(periods, at("2025-01-01T00:00Z"), at("2028-01-02T00:00Z"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Eastwards: what is left of the new zone's day makes a short one.
        "UTC, Pacific/Auckland, 2026-06-10T13:00Z, 2026-06-10, 2026-06-11T00:00Z, 2026-06-11,"
                + " 2026-06-11T12:00Z",
        // Westwards: the day that had its budget already is not begun again.
        "UTC, America/Los_Angeles, 2026-06-10T13:00Z, 2026-06-10, 2026-06-11T00:00Z, 2026-06-11,"
                + " 2026-06-12T07:00Z",
        "Pacific/Kiritimati, Pacific/Pago_Pago, 2026-06-10T13:00Z, 2026-06-11, 2026-06-11T10:00Z,"
                + " 2026-06-12, 2026-06-13T11:00Z",
        "Pacific/Pago_Pago, Pacific/Kiritimati, 2026-06-10T13:00Z, 2026-06-10, 2026-06-11T11:00Z,"
                + " 2026-06-12, 2026-06-12T10:00Z"
    })
    void aChangedZoneCountsFromTheNextPeriodOn(
            String before,
            String after,
            String changedAt,
            String seamOn,
            String seamTo,
            String nextOn,
            String nextTo) {
        Periods old = days(before);
        Periods changed = old.movedTo(ZoneId.of(after), at(changedAt));
        assertThat(changed.at(at(changedAt))).isEqualTo(old.at(at(changedAt)));
        assertThat(changed.at(at(changedAt)).startsOn()).isEqualTo(LocalDate.parse(seamOn));
        assertThat(changed.at(at(seamTo)))
                .isEqualTo(new Period(LocalDate.parse(nextOn), at(seamTo), at(nextTo)));
        assertThat(changed.startingOn(LocalDate.parse(nextOn))).isEqualTo(changed.at(at(seamTo)));
        assertThat(changed.at(at(nextTo)).from()).isEqualTo(at(nextTo));
        assertTiled(changed, at(changedAt), at("2026-12-31T00:00Z"));
    }

    @Test
    void aZoneChangedToAndFroLeavesThePeriodUnderWayAsItWas() {
        Instant now = at("2026-06-10T13:00Z");
        Periods months = Periods.of(PeriodLength.MONTH, ZoneId.of("Europe/London"));
        Periods back =
                months.movedTo(ZoneId.of("Asia/Tokyo"), now)
                        .movedTo(ZoneId.of("America/New_York"), now)
                        .movedTo(ZoneId.of("Europe/London"), now);
        for (String instant : List.of("2026-06-10T13:00Z", "2026-07-01T00:00Z")) {
            assertThat(back.at(at(instant))).isEqualTo(months.at(at(instant)));
        }
    }

    private static void assertTiled(Periods periods, Instant from, Instant to) {
        Period period = periods.at(from);
        while (period.to().isBefore(to)) {
            Period next = periods.at(period.to());
            assertThat(next.from()).as("after %s", period).isEqualTo(period.to());
            assertThat(next.startsOn()).as("after %s", period).isAfter(period.startsOn());
            assertThat(next.to()).isAfter(next.from());
            assertThat(periods.at(next.to().minusNanos(1))).isEqualTo(next);
            assertThat(periods.startingOn(next.startsOn())).isEqualTo(next);
            period = next;
        }
    }

    private static Periods days(String zone) {
        return Periods.of(PeriodLength.DAY, ZoneId.of(zone));
    }

    private static long hours(Period period) {
        return Duration.between(period.from(), period.to()).toHours();
    }

    private static Instant at(String text) {
        return Instant.parse(text.length() == 17 ? text.replace("Z", ":00Z") : text);
    }
}
