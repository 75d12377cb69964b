package mooring.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// From when and until when.
final class Times {
    @Option(
            names = "--from",
            paramLabel = "TIME",
            description =
                    "The first day or instant, as 2026-11-01 or 2026-11-01T09:00:00Z"
                            + " (default: the first day of this month).")
    private @Nullable String from;

    @Option(
            names = "--to",
            paramLabel = "TIME",
            description =
                    "The last day, included, or the instant before which to stop (default: now).")
    private @Nullable String to;

    /// Adds both to a query; days are those of the zone.
    void into(Query query, String zone) {
        query.add("from", from == null ? null : instant("--from", from, 0, zone));
        query.add("to", to == null ? null : instant("--to", to, 1, zone));
    }

    /// A day stands for its first instant; as an end, days later.
    private static String instant(String option, String text, long daysLater, String zone) {
        try {
            if (!text.contains("T")) {
                LocalDate day = LocalDate.parse(text).plusDays(daysLater);
                return day.atStartOfDay(zone(zone)).toInstant().toString();
            }
            return Instant.parse(text).toString();
        } catch (DateTimeException e) {
            throw new MisuseException(
                    option
                            + ": "
                            + text
                            + " (expected: a day such as 2026-11-01, or an instant such as"
                            + " 2026-11-01T09:00:00Z).");
        }
    }

    private static ZoneId zone(String zone) {
        try {
            return ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new MisuseException(
                    "--zone: " + zone + " (expected: a zone such as Pacific/Auckland).");
        }
    }
}
