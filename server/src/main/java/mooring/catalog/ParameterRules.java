package mooring.catalog;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a model takes of the request parameters, the numeric ones by the name in the request.
///
/// A parameter without a rule has the dialect's own range.
///
/// @param toolChoices how a request with tools may say which of them to call; always with `auto`
/// @param stops null where the dialect's own limits hold
public record ParameterRules(
        Map<String, Range> ranges, Set<ToolChoiceKind> toolChoices, @Nullable StopRule stops) {

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

    /// A way to say which tool is to be called.
    public enum ToolChoiceKind {
        NONE,
        AUTO,
        REQUIRED,
        /// One function by its name.
        NAMED
    }

    /// The texts that end an answer: how many of them, and the UTF-8 bytes of each.
    public record StopRule(int maxCount, int maxBytes) {
        public StopRule {
            if (maxCount < 0 || maxBytes < 1) {
                throw new IllegalArgumentException(
                        "stop: "
                                + maxCount
                                + " of "
                                + maxBytes
                                + " bytes (expected: 0 or more of 1 or more)");
            }
        }
    }

    public static final ParameterRules NONE = new ParameterRules(Map.of());

    public ParameterRules {
        ranges = Map.copyOf(ranges);
        if (!toolChoices.contains(ToolChoiceKind.AUTO)) {
            throw new IllegalArgumentException(
                    "tool_choice: " + toolChoices + " (expected: auto among them)");
        }
        toolChoices = Collections.unmodifiableSet(EnumSet.copyOf(toolChoices));
    }

    /// Ranges alone.
    public ParameterRules(Map<String, Range> ranges) {
        this(ranges, EnumSet.allOf(ToolChoiceKind.class), null);
    }
}
