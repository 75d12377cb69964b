package mooring.money;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Amounts as text and back, to the last digit.
class MoneyTest {

    private static final Currency USD = Currency.USD;

    @Property
    void anAmountSurvivesBeingWrittenAndRead(@ForAll long nanos) {
        Money money = new Money(nanos, USD);
        assertThat(Money.parse(money.text(), USD)).isEqualTo(money);
    }

    @Property
    void theTextIsTheDecimalsOwn(@ForAll long nanos) {
        Money money = new Money(nanos, USD);
        assertThat(money.text()).isEqualTo(money.decimal().toPlainString());
    }

    @Property
    void theTextIsTheExactDecimal(@ForAll long nanos) {
        assertThat(new BigDecimal(new Money(nanos, USD).text()).movePointRight(9))
                .isEqualByComparingTo(BigDecimal.valueOf(nanos));
    }

    @Property
    void aRateSurvivesBeingWrittenAndRead(@ForAll @LongRange(min = 0) long nanos) {
        assertThat(Rate.parse(new Rate(nanos).text())).isEqualTo(new Rate(nanos));
    }

    @Property
    void whatIsAddedAndTakenAwayLeavesTheAmount(
            @ForAll @LongRange(min = -4_000_000_000_000_000_000L, max = 4_000_000_000_000_000_000L)
                    long one,
            @ForAll @LongRange(min = -4_000_000_000_000_000_000L, max = 4_000_000_000_000_000_000L)
                    long other) {
        Money a = new Money(one, USD);
        Money b = new Money(other, USD);
        assertThat(a.plus(b).minus(b)).isEqualTo(a);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "+1",
                "1e3",
                "1,50",
                ".5",
                "5.",
                "NaN",
                "0x10",
                "1.0000000001",
                "9223372037",
                "--1",
                "١"
            })
    void whatIsNoPlainDecimalIsRefusedByName(String text) {
        assertThatThrownBy(() -> Money.parse(text, USD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"");
    }

    @Test
    void anOverflowIsAnErrorAndTwoCurrenciesNeverMix() {
        Money most = new Money(Long.MAX_VALUE, USD);
        assertThatThrownBy(() -> most.plus(new Money(1, USD)))
                .isInstanceOf(ArithmeticException.class);
        assertThatThrownBy(() -> most.plus(Money.zero(new Currency("EUR"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("USD and EUR");
    }
}
