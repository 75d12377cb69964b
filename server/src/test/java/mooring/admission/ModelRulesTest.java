package mooring.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.catalog.Capability;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.catalog.ParameterRules.ToolChoiceKind;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.ResponseFormat;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.inference.Tool;
import mooring.inference.ToolChoice;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What a model's catalogue entry lets a request ask for.
class ModelRulesTest {

    private static final ModelId ID = new ModelId("kauri");

    private final ParameterRules ranges =
            new ParameterRules(
                    Map.of(
                            "n",
                            new ParameterRules.Range(1, 5),
                            "top_logprobs",
                            new ParameterRules.Range(0, 3)));

    @Test
    void alternativesAreHeldToTheRuleUnderTheNameThatTheCallerSent() {
        assertTaken(chat(1, logprobs(3)), ranges);
        assertTaken(chat(1, logprobs(0)), ranges);
        assertRefused(chat(1, logprobs(4)), ranges, "top_logprobs: 4 (expected: 0..3)");
        assertRefused(text(1, 1, logprobs(4)), ranges, "logprobs: 4 (expected: 0..3)");
    }

    @Test
    void theRuleOfNCountsTheAnswersToOnePrompt() {
        assertTaken(chat(5, Sampling.DEFAULT), ranges);
        assertRefused(chat(6, Sampling.DEFAULT), ranges, "n: 6 (expected: 1..5)");
        assertTaken(text(4, 5, Sampling.DEFAULT), ranges);
        assertRefused(text(1, 6, Sampling.DEFAULT), ranges, "n: 6 (expected: 1..5)");
    }

    @Test
    void withoutARuleTheDialectAloneBoundsN() {
        assertTaken(chat(128, Sampling.DEFAULT), ParameterRules.NONE);
    }

    @Test
    void aModelThatOnlyChoosesToolsItselfTakesNoOtherToolChoice() {
        ParameterRules rules =
                new ParameterRules(
                        Map.of(), Set.of(ToolChoiceKind.AUTO, ToolChoiceKind.NONE), null);

        assertTaken(chat(1, Sampling.DEFAULT, new ToolChoice.Auto()), rules);
        assertTaken(chat(1, Sampling.DEFAULT, new ToolChoice.None()), rules);
        assertTaken(chat(1, Sampling.DEFAULT), rules);
        assertRefused(
                chat(1, Sampling.DEFAULT, new ToolChoice.Required()),
                rules,
                "tool_choice: \"required\" (expected: \"none\", \"auto\" for this model)");
        assertRefused(
                chat(1, Sampling.DEFAULT, new ToolChoice.Named("look")),
                rules,
                "tool_choice: a function by name (expected: \"none\", \"auto\" for this model)");
        assertTaken(chat(1, Sampling.DEFAULT, new ToolChoice.Named("look")), ParameterRules.NONE);
    }

    @Test
    void stopsAreHeldToNumberAndBytes() {
        ParameterRules rules =
                new ParameterRules(
                        Map.of(),
                        EnumSet.allOf(ToolChoiceKind.class),
                        new ParameterRules.StopRule(5, 32));

        assertTaken(chat(1, stops("a", "b", "c", "d", "ü".repeat(16))), rules);
        assertRefused(
                chat(1, stops("a", "b", "c", "d", "e", "f")),
                rules,
                "stop: 6 texts (expected: at most 5 for this model)");
        assertRefused(
                chat(1, stops("ü".repeat(17))),
                rules,
                "stop: a text of 34 bytes (expected: at most 32 bytes each for this model)");
    }

    private static Sampling stops(String... stops) {
        return new Sampling(null, null, null, null, null, null, null, List.of(stops));
    }

    private static void assertTaken(Request request, ParameterRules rules) {
        assertThatCode(() -> ModelRules.check(request, model(rules))).doesNotThrowAnyException();
    }

    private static void assertRefused(Request request, ParameterRules rules, String message) {
        assertThatThrownBy(() -> ModelRules.check(request, model(rules)))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        thrown ->
                                assertThat(thrown.problem())
                                        .isInstanceOfSatisfying(
                                                Problem.InvalidRequest.class,
                                                problem ->
                                                        assertThat(problem.message())
                                                                .isEqualTo(message)));
    }

    private static Model model(ParameterRules rules) {
        return new Model(
                ID,
                "tests",
                1_000,
                100,
                100,
                Set.of(Capability.LOGPROBS, Capability.TOOLS),
                rules,
                Set.of(),
                List.of());
    }

    private static Sampling logprobs(int alternatives) {
        return new Sampling(null, null, null, null, null, null, alternatives, List.of());
    }

    private static Request chat(int choices, Sampling sampling) {
        return chat(choices, sampling, null);
    }

    private static Request chat(int choices, Sampling sampling, @Nullable ToolChoice choice) {
        return new Request(
                ID,
                List.of(Message.of(Role.USER, "hi")),
                sampling,
                null,
                choices,
                choice == null ? List.of() : List.of(new Tool("look", null, null, false)),
                choice == null ? new ToolChoice.None() : choice,
                true,
                new ResponseFormat.Text(),
                null,
                ServiceTier.STANDARD,
                Map.of(),
                2);
    }

    private static Request text(int prompts, int each, Sampling sampling) {
        List<TextInput> inputs = Collections.nCopies(prompts, new TextInput.Text("hi"));
        return Request.raw(
                ID,
                new Task.Continue(inputs),
                sampling,
                null,
                prompts * each,
                ServiceTier.STANDARD,
                Map.of(),
                2);
    }
}
