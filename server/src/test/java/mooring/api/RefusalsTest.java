package mooring.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.problem.LimitKind;
import mooring.problem.LimitScope;
import mooring.problem.Problem;
import mooring.problem.Seconds;
import org.junit.jupiter.api.Test;

class RefusalsTest {

    @Test
    void threeKindsOf429NameScopeLimitCurrentAndReset() {
        assertThat(
                        Refusals.facts(
                                new Problem.LimitReached(
                                        LimitScope.MODEL,
                                        LimitKind.TPM,
                                        1_000,
                                        900,
                                        200,
                                        Duration.ofMillis(12_345))))
                .containsEntry("scope", "model")
                .containsEntry("kind", "tpm")
                .containsEntry("limit", "1000")
                .containsEntry("current", "900")
                .containsEntry("requested", "200")
                .containsEntry("reset", "13s");
        assertThat(
                        Refusals.facts(
                                new Problem.BudgetExceeded(
                                        BudgetScope.KEY,
                                        Money.parse("2", Currency.USD),
                                        Money.parse("1.5", Currency.USD),
                                        Instant.parse("2026-04-01T07:00:00Z"))))
                .containsEntry("scope", "key")
                .containsEntry("kind", "budget")
                .containsEntry("limit", "2.00 USD")
                .containsEntry("current", "1.50 USD")
                .containsEntry("reset", "2026-04-01T07:00:00Z");
        assertThat(Refusals.facts(new Problem.EngineOverloaded(80, 79, Duration.ofSeconds(2))))
                .containsEntry("scope", "engines")
                .containsEntry("limit", "80")
                .containsEntry("current", "79")
                .containsEntry("reset", "2s");
        assertThat(
                        Refusals.facts(
                                new Problem.Overloaded(
                                        "reading", 1_024, 1_000, Duration.ofSeconds(5))))
                .containsEntry("scope", "server")
                .containsEntry("limit", "1024")
                .containsEntry("current", "1000")
                .containsEntry("reset", "5s");
        Money left = Money.parse("0.5", Currency.USD);
        assertThat(Refusals.facts(new Problem.QuotaExhausted(left)))
                .containsEntry("kind", "balance")
                .containsEntry("limit", "0.50 USD")
                .containsEntry("current", "0.00 USD");
        assertThat(Refusals.facts(new Problem.InsufficientQuota(left, left.plus(left))))
                .containsEntry("limit", "0.50 USD")
                .containsEntry("current", "0.00 USD")
                .containsEntry("requested", "1.00 USD");
        assertThat(Refusals.facts(new Problem.InvalidApiKey())).isEmpty();
    }

    @Test
    void nobodyIsToldToComeBackBeforeThereIsRoom() {
        assertThat(Seconds.up(Duration.ZERO)).isEqualTo(1);
        assertThat(Seconds.up(Duration.ofSeconds(1))).isEqualTo(1);
        assertThat(Seconds.up(Duration.ofNanos(1_000_000_001))).isEqualTo(2);
        assertThat(Seconds.up(Duration.ofMillis(59_001))).isEqualTo(60);
        assertThat(Seconds.millisUp(Duration.ofNanos(1_500_001))).isEqualTo(2);
    }

    @Test
    void spansAreWrittenAsSdksReadThem() {
        assertThat(Refusals.span(Duration.ZERO)).isEqualTo("0ms");
        assertThat(Refusals.span(Duration.ofNanos(1))).isEqualTo("1ms");
        assertThat(Refusals.span(Duration.ofMillis(999))).isEqualTo("999ms");
        assertThat(Refusals.span(Duration.ofMillis(1_001))).isEqualTo("2s");
        assertThat(Refusals.span(Duration.ofSeconds(60))).isEqualTo("1m0s");
        assertThat(Refusals.span(Duration.ofHours(11))).isEqualTo("11h0m0s");
    }
}
