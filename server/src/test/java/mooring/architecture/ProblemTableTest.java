package mooring.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mooring.api.openai.OpenAiErrors;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.problem.LimitKind;
import mooring.problem.LimitScope;
import mooring.problem.Problem;
import org.junit.jupiter.api.Test;

/// ARCHITECTURE.md's table of problems is what callers get.
class ProblemTableTest {

    @Test
    void theTableOfProblemsIsWhatCallersGet() throws ReflectiveOperationException {
        List<List<String>> answered = new ArrayList<>();
        for (Class<?> kind : Problem.class.getPermittedSubclasses()) {
            for (Problem sample : samples(kind)) {
                OpenAiErrors.Shape shape = OpenAiErrors.shape(sample);
                answered.add(
                        List.of(
                                "`" + kind.getSimpleName() + "`",
                                Integer.toString(shape.status()),
                                "`" + shape.type() + "`",
                                "`" + shape.code() + "`",
                                retry(shape)));
            }
        }
        assertThat(Project.table("ARCHITECTURE.md", "Problem"))
                .containsExactlyInAnyOrderElementsOf(answered);
    }

    @Test
    void everyProblemSaysSomething() throws ReflectiveOperationException {
        for (Class<?> kind : Problem.class.getPermittedSubclasses()) {
            assertThat(samples(kind))
                    .as(kind.getSimpleName())
                    .allSatisfy(sample -> assertThat(sample.message()).isNotBlank());
        }
    }

    private static String retry(OpenAiErrors.Shape shape) {
        if (shape.retryAfter() != null) {
            return "after";
        }
        Boolean retry = shape.retry();
        if (retry == null) {
            return "client";
        }
        return retry ? "yes" : "no";
    }

    /// One, or one for each constant where the problem has an enum.
    private static List<Problem> samples(Class<?> kind) throws ReflectiveOperationException {
        Class<?>[] types =
                Arrays.stream(kind.getRecordComponents())
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new);
        Constructor<?> constructor = kind.getDeclaredConstructor(types);
        List<Problem> samples = new ArrayList<>();
        for (BudgetScope scope : BudgetScope.values()) {
            for (LimitKind counted : LimitKind.values()) {
                Object[] values =
                        Arrays.stream(types)
                                .map(type -> type == LimitKind.class ? counted : value(type, scope))
                                .toArray();
                samples.add((Problem) constructor.newInstance(values));
            }
        }
        return samples.stream().distinct().toList();
    }

    private static Object value(Class<?> type, BudgetScope scope) {
        if (type == BudgetScope.class) {
            return scope;
        }
        if (type == LimitScope.class) {
            return LimitScope.KEY;
        }
        if (type == Instant.class) {
            return Instant.EPOCH;
        }
        if (type == String.class) {
            return "text";
        }
        if (type == long.class) {
            return 1L;
        }
        if (type == Duration.class) {
            return Duration.ofSeconds(3);
        }
        if (type == Money.class) {
            return Money.zero(Currency.USD);
        }
        throw new AssertionError("no sample of " + type + " (add one here)");
    }
}
