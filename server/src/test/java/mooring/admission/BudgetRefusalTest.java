package mooring.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.util.UUID;
import mooring.accounts.Principal;
import mooring.api.openai.OpenAiErrors;
import mooring.ids.BudgetId;
import mooring.ledger.ActiveBudget;
import mooring.ledger.HoldDecision;
import mooring.ledger.Purse;
import mooring.money.Currency;
import mooring.money.Money;
import mooring.problem.BudgetScope;
import mooring.problem.Problem;
import mooring.testing.Somebody;
import mooring.time.PeriodLength;
import mooring.time.Periods;
import org.junit.jupiter.api.Test;

/// What a caller reads whose budget is used up.
class BudgetRefusalTest {

    private static final Instant NOW = Instant.parse("2026-03-31T20:00:00Z");

    private final ActiveBudget month =
            new ActiveBudget(
                    new BudgetId(new UUID(0, 5)),
                    BudgetScope.PROJECT,
                    usd("10"),
                    Periods.of(PeriodLength.MONTH, ZoneId.of("America/Los_Angeles")));

    private final Principal principal = Somebody.with(month);

    @Test
    void itNamesScopeLimitCurrentValueAndReset() {
        Problem problem =
                Admission.refusal(
                        principal,
                        new HoldDecision.Refused(month.purse(NOW), usd("0.25")),
                        usd("0.50"));
        assertThat(problem.message())
                .contains("budget of this project", "limit 10.00 USD", "used 9.75 USD")
                .contains("reset at 2026-04-01T07:00:00Z");
        OpenAiErrors.Shape shape = OpenAiErrors.shape(problem);
        assertThat(shape.status()).isEqualTo(429);
        assertThat(shape.type()).isEqualTo("insufficient_quota");
        assertThat(shape.code()).isEqualTo("project_budget_exceeded");
        assertThat(shape.retry()).isFalse();
    }

    @Test
    void anEmptyWalletIsNoBudgetsFault() {
        Problem problem =
                Admission.refusal(
                        principal,
                        new HoldDecision.Refused(
                                new Purse.OfWallet(principal.wallet()), usd("0.25")),
                        usd("0.50"));
        assertThat(problem).isEqualTo(new Problem.InsufficientQuota(usd("0.25"), usd("0.50")));
    }

    private static Money usd(String text) {
        return Money.parse(text, Currency.USD);
    }
}
