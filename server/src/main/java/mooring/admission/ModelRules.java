package mooring.admission;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import mooring.catalog.Capability;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.ParameterRules.StopRule;
import mooring.catalog.ParameterRules.ToolChoiceKind;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
import mooring.inference.Task;
import mooring.inference.ToolChoice;
import mooring.json.LongTexts;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Holds a request to what its model can do: capabilities, ranges, the highest output limit.
final class ModelRules {

    private ModelRules() {}

    /// @throws ProblemException naming the first field that the model does not take
    static void check(Request request, Model model) {
        require(request.tools().isEmpty(), model, Capability.TOOLS, "tools", "no tools");
        require(
                !(request.responseFormat() instanceof ResponseFormat.JsonSchema),
                model,
                Capability.JSON_SCHEMA,
                "response_format",
                "\"text\" or \"json_object\"");
        require(
                request.sampling().topLogprobs() == null,
                model,
                Capability.LOGPROBS,
                "logprobs",
                "no logprobs");
        require(
                request.reasoningEffort() == null,
                model,
                Capability.REASONING,
                "reasoning_effort",
                "no reasoning_effort");
        if (!model.tiers().contains(request.tier())) {
            throw refused(
                    "service_tier",
                    "\"" + request.tier() + "\"",
                    "one that model \""
                            + model.id()
                            + "\" offers: "
                            + String.join(
                                    ", ", model.tiers().stream().map(ServiceTier::word).toList()));
        }
        Sampling sampling = request.sampling();
        Map<String, ParameterRules.Range> ranges = model.parameters().ranges();
        checkRange(ranges, "temperature", sampling.temperature());
        checkRange(ranges, "top_p", sampling.topP());
        checkRange(ranges, "presence_penalty", sampling.presencePenalty());
        checkRange(ranges, "frequency_penalty", sampling.frequencyPenalty());
        int each = request.choicesEach();
        checkRange(ranges, "n", each == 1 ? null : Double.valueOf(each));
        Integer alternatives = sampling.topLogprobs();
        if (alternatives != null && alternatives > 0) {
            checkRange(
                    ranges.get("top_logprobs"),
                    request.task() instanceof Task.Continue ? "logprobs" : "top_logprobs",
                    Double.valueOf(alternatives));
        }
        if (!request.tools().isEmpty()) {
            checkToolChoice(model.parameters().toolChoices(), kind(request.toolChoice()));
        }
        if (model.parameters().stops() != null) {
            checkStops(model.parameters().stops(), sampling.stop());
        }
        Long maxTokens = request.maxTokens();
        if (maxTokens != null && maxTokens > model.maxOutputTokens()) {
            throw refused("max_tokens", maxTokens, "1.." + model.maxOutputTokens());
        }
    }

    private static void require(
            boolean unused, Model model, Capability capability, String field, String expected) {
        if (!unused && !model.can(capability)) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            field,
                            field
                                    + ": model \""
                                    + model.id()
                                    + "\" does not take it (expected: "
                                    + expected
                                    + ")"));
        }
    }

    private static void checkRange(
            Map<String, ParameterRules.Range> ranges, String field, @Nullable Double value) {
        checkRange(ranges.get(field), field, value);
    }

    private static void checkRange(
            ParameterRules.@Nullable Range range, String field, @Nullable Double value) {
        if (range != null && value != null && !range.contains(value)) {
            throw refused(
                    field,
                    number(value),
                    range.min() == range.max()
                            ? "only " + number(range.min()) + " for this model"
                            : number(range.min()) + ".." + number(range.max()));
        }
    }

    private static ToolChoiceKind kind(ToolChoice choice) {
        return switch (choice) {
            case ToolChoice.None _ -> ToolChoiceKind.NONE;
            case ToolChoice.Auto _ -> ToolChoiceKind.AUTO;
            case ToolChoice.Required _ -> ToolChoiceKind.REQUIRED;
            case ToolChoice.Named _ -> ToolChoiceKind.NAMED;
        };
    }

    private static void checkToolChoice(Set<ToolChoiceKind> taken, ToolChoiceKind asked) {
        if (!taken.contains(asked)) {
            throw refused(
                    "tool_choice",
                    said(asked),
                    taken.stream().map(ModelRules::said).collect(Collectors.joining(", "))
                            + " for this model");
        }
    }

    private static String said(ToolChoiceKind kind) {
        return switch (kind) {
            case NONE -> "\"none\"";
            case AUTO -> "\"auto\"";
            case REQUIRED -> "\"required\"";
            case NAMED -> "a function by name";
        };
    }

    private static void checkStops(StopRule rule, List<String> stops) {
        if (stops.size() > rule.maxCount()) {
            throw refused(
                    "stop",
                    stops.size() + " texts",
                    rule.maxCount() == 0
                            ? "none for this model"
                            : "at most " + rule.maxCount() + " for this model");
        }
        for (String stop : stops) {
            long bytes = LongTexts.utf8Length(stop);
            if (bytes > rule.maxBytes()) {
                throw refused(
                        "stop",
                        "a text of " + bytes + " bytes",
                        "at most " + rule.maxBytes() + " bytes each for this model");
            }
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    private static ProblemException refused(String field, Object value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(field, value, expected));
    }
}
