package mooring.catalog.file;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import mooring.catalog.ParameterRules;
import mooring.catalog.ParameterRules.Range;
import mooring.catalog.ParameterRules.StopRule;
import mooring.catalog.ParameterRules.ToolChoiceKind;
import mooring.config.YamlSection;
import org.jspecify.annotations.Nullable;

/// Reads a model's `parameters`.
final class ParameterReader {

    /// The numeric parameters of a request that a rule can narrow.
    private static final List<String> NUMERIC =
            List.of(
                    "temperature",
                    "top_p",
                    "presence_penalty",
                    "frequency_penalty",
                    "n",
                    "top_logprobs");

    /// What the dialects take at most.
    private static final int MAX_STOPS = 16;

    private static final int MAX_STOP_BYTES = 2_048;

    private ParameterReader() {}

    static ParameterRules read(YamlSection section) {
        Map<String, Range> ranges = new HashMap<>();
        for (String parameter : NUMERIC) {
            if (section.has(parameter)) {
                Range range = range(section, parameter);
                if (range != null) {
                    ranges.put(parameter, range);
                }
            }
        }
        Set<ToolChoiceKind> choices = toolChoices(section);
        StopRule stops = section.has("stop") ? stops(section.section("stop")) : null;
        section.finish();
        return new ParameterRules(ranges, choices, stops);
    }

    private static @Nullable Range range(YamlSection parameters, String parameter) {
        YamlSection section = parameters.section(parameter);
        Double min = section.number("min");
        Double max = section.number("max");
        section.finish();
        if (!section.sound()) {
            return null;
        }
        if (min == null || max == null || min > max) {
            parameters.refuse(parameter, "min " + min + ", max " + max, "both, min at most max");
            return null;
        }
        return new Range(min, max);
    }

    private static Set<ToolChoiceKind> toolChoices(YamlSection section) {
        Set<ToolChoiceKind> all = EnumSet.allOf(ToolChoiceKind.class);
        if (!section.has("tool_choice")) {
            return all;
        }
        boolean sound = section.sound();
        Set<ToolChoiceKind> choices = section.choices("tool_choice", ToolChoiceKind.class);
        if (choices.contains(ToolChoiceKind.AUTO)) {
            return choices;
        }
        if (!sound || section.sound()) {
            section.refuse(
                    "tool_choice",
                    choices.stream()
                            .map(choice -> choice.name().toLowerCase(Locale.ROOT))
                            .collect(Collectors.joining(", ")),
                    "auto among them, since it is what a request with tools means unsaid");
        }
        return all;
    }

    private static @Nullable StopRule stops(YamlSection section) {
        int count = section.whole("max_count", 0, MAX_STOPS, MAX_STOPS);
        int bytes = section.whole("max_bytes", 1, MAX_STOP_BYTES, MAX_STOP_BYTES);
        section.finish();
        return section.sound() ? new StopRule(count, bytes) : null;
    }
}
