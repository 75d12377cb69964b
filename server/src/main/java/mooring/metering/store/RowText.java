package mooring.metering.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import java.sql.Array;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import mooring.ids.RequestId;
import mooring.inference.ServiceTier;
import mooring.json.Json;
import mooring.metering.Served;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import mooring.sql.SqlArrays;
import org.jdbi.v3.core.argument.Argument;
import org.jspecify.annotations.Nullable;

/// Values of a request that are a column of another form.
final class RowText {

    private static final int POINTS = 6;

    private static final long MILLIS_OF_DAY = 86_400_000;

    private RowText() {}

    static String tier(ServiceTier tier) {
        return tier.name().toLowerCase(Locale.ROOT);
    }

    static ServiceTier tier(String column) {
        return ServiceTier.valueOf(column.toUpperCase(Locale.ROOT));
    }

    static @Nullable String calls(SortedMap<String, Long> calls) {
        if (calls.isEmpty()) {
            return null;
        }
        try {
            return Json.MAPPER.writeValueAsString(calls);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of numbers is always JSON", e);
        }
    }

    static SortedMap<String, Long> calls(@Nullable String column) {
        if (column == null) {
            return UsageRecord.NO_CALLS;
        }
        try {
            return Json.MAPPER.readValue(column, new TypeReference<TreeMap<String, Long>>() {});
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("calls: " + column + " (expected: named counts)", e);
        }
    }

    /// The day that stands before a request's id in its key.
    static LocalDate day(RequestId request) {
        long millis = request.uuid().getMostSignificantBits() >>> 16;
        return LocalDate.ofEpochDay(millis / MILLIS_OF_DAY);
    }

    /// The timelines of all rows one behind the other, six points each.
    static <T> Argument timelines(Collection<T> rows, Function<? super T, Served> served) {
        List<Long> points = new ArrayList<>(rows.size() * POINTS);
        for (T row : rows) {
            Timeline timeline = served.apply(row).timeline();
            points.add(timeline.authenticated());
            points.add(timeline.admitted());
            points.add(timeline.dispatched());
            points.add(timeline.connected());
            points.add(timeline.firstToken());
            points.add(timeline.lastToken());
        }
        return SqlArrays.column("int8", points, point -> point);
    }

    /// Rows of the time before there were timelines have an empty one.
    static Timeline timeline(Array column) throws SQLException {
        Long[] points = (Long[]) column.getArray();
        return points.length == POINTS
                ? new Timeline(points[0], points[1], points[2], points[3], points[4], points[5])
                : Timeline.UNKNOWN;
    }
}
