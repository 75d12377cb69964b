package mooring.catalog;

import java.util.Map;

/// What a model takes of the numeric request parameters, by the name in the request.
///
/// A parameter without a rule has the dialect's own range.
public record ParameterRules(Map<String, Range> ranges) {

    /// Both ends included.
    public record Range(double min, double max) {
        public Range {
            if (!(min <= max)) {
                throw new IllegalArgumentException(
                        "range: " + min + ".." + max + " (expected: min at most max)");
            }
        }

        public boolean contains(double value) {
            return value >= min && value <= max;
        }
    }

    public static final ParameterRules NONE = new ParameterRules(Map.of());

    public ParameterRules {
        ranges = Map.copyOf(ranges);
    }
}
