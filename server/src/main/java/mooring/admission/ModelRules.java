package mooring.admission;

import java.util.Map;
import mooring.catalog.Capability;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
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
        checkRange(ranges, "n", request.choices() == 1 ? null : Double.valueOf(request.choices()));
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
        ParameterRules.Range range = ranges.get(field);
        if (range != null && value != null && !range.contains(value)) {
            throw refused(
                    field,
                    number(value),
                    range.min() == range.max()
                            ? "only " + number(range.min()) + " for this model"
                            : number(range.min()) + ".." + number(range.max()));
        }
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }

    private static ProblemException refused(String field, Object value, String expected) {
        return new ProblemException(Problem.InvalidRequest.of(field, value, expected));
    }
}
