package mooring.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.catalog.Model;
import mooring.catalog.ParameterRules;
import mooring.inference.Message;
import mooring.inference.ModelId;
import mooring.inference.Request;
import mooring.inference.Role;
import mooring.inference.Sampling;
import mooring.inference.ServiceTier;
import mooring.inference.Task;
import mooring.inference.TextInput;
import mooring.problem.Problem;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What is known of a prompt's length without its tokenizer.
class PromptEstimateTest {

    private static final ModelId ID = new ModelId("kauri");
    private static final Model MODEL =
            new Model(
                    ID,
                    "tests",
                    1_000,
                    100,
                    100,
                    Set.of(),
                    ParameterRules.NONE,
                    Set.of(),
                    List.of());

    @Test
    void aPromptBeyondTheWindowHoweverItIsCountedNeedsNoTokenizer() {
        assertThat(beyond(chat(1_000 * 128 - 1))).isNull();
        assertThat(beyond(chat(1_000 * 128)))
                .isInstanceOfSatisfying(
                        Problem.ContextLengthExceeded.class,
                        problem ->
                                assertThat(problem.message())
                                        .contains("at least 1000 tokens")
                                        .contains("window of 1000 tokens"));
    }

    @Test
    void ofSeveralPromptsEachHasTheWindowForItself() {
        TextInput long1 = new TextInput.Text("x".repeat(100_000));
        assertThat(beyond(raw(List.of(long1, long1)))).isNull();
        assertThat(beyond(raw(List.of(new TextInput.Text("x".repeat(128_000)))))).isNotNull();
    }

    private static @Nullable Problem beyond(Request request) {
        return PromptEstimate.beyond(request, MODEL);
    }

    private static Request chat(int characters) {
        return Request.of(ID, List.of(Message.of(Role.USER, "x".repeat(characters))));
    }

    private static Request raw(List<TextInput> inputs) {
        return Request.raw(
                ID,
                new Task.Continue(inputs),
                Sampling.DEFAULT,
                null,
                1,
                ServiceTier.STANDARD,
                Map.of(),
                1);
    }
}
