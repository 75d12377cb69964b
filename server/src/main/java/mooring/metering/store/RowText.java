package mooring.metering.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import java.sql.Array;
import java.sql.SQLException;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import mooring.inference.ServiceTier;
import mooring.json.Json;
import mooring.metering.Timeline;
import mooring.metering.UsageRecord;
import org.jspecify.annotations.Nullable;

/// Values of a request that are a column of another form.
final class RowText {

    private static final int POINTS = 6;

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

    static String timeline(Timeline timeline) {
        return "{"
                + timeline.authenticated()
                + ","
                + timeline.admitted()
                + ","
                + timeline.dispatched()
                + ","
                + timeline.connected()
                + ","
                + timeline.firstToken()
                + ","
                + timeline.lastToken()
                + "}";
    }

    /// Rows of the time before there were timelines have an empty one.
    static Timeline timeline(Array column) throws SQLException {
        Long[] points = (Long[]) column.getArray();
        return points.length == POINTS
                ? new Timeline(points[0], points[1], points[2], points[3], points[4], points[5])
                : Timeline.UNKNOWN;
    }
}
