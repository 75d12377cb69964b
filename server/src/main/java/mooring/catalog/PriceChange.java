package mooring.catalog;

import java.math.BigDecimal;
import java.math.RoundingMode;
import mooring.inference.ModelId;
import mooring.inference.ServiceTier;
import mooring.money.Rate;
import org.jspecify.annotations.Nullable;

/// One price that a publication would change.
///
/// @param item a token class, or `call NAME`
/// @param tier null for a call, which costs the same in every tier
/// @param bandFrom prompt tokens from which the price holds
/// @param beforeNanos for a million tokens or for one call; null when there was no price
/// @param afterNanos null when there will be none
public record PriceChange(
        ModelId model,
        String item,
        @Nullable ServiceTier tier,
        long bandFrom,
        @Nullable Long beforeNanos,
        @Nullable Long afterNanos) {

    private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

    /// The change in percent of the old price, as text; null where there was none or it was 0.
    public @Nullable String percent() {
        if (beforeNanos == null || afterNanos == null || beforeNanos == 0) {
            return null;
        }
        BigDecimal percent =
                BigDecimal.valueOf(afterNanos)
                        .subtract(BigDecimal.valueOf(beforeNanos))
                        .multiply(HUNDRED)
                        .divide(BigDecimal.valueOf(beforeNanos), 2, RoundingMode.HALF_EVEN);
        String digits = percent.signum() == 0 ? "0" : percent.stripTrailingZeros().toPlainString();
        return (percent.signum() > 0 ? "+" : "") + digits;
    }

    public @Nullable String before() {
        return text(beforeNanos);
    }

    public @Nullable String after() {
        return text(afterNanos);
    }

    /// For people: `kauri: output, priority, from 128000: 4 → 5 (+25 %)`.
    public String sentence() {
        String where =
                model
                        + ": "
                        + item
                        + (tier == null || tier == ServiceTier.STANDARD ? "" : ", " + tier)
                        + (bandFrom == 0 ? "" : ", from " + bandFrom);
        if (beforeNanos == null) {
            return where + ": new, " + after();
        }
        if (afterNanos == null) {
            return where + ": no longer priced, was " + before();
        }
        String percent = percent();
        return where
                + ": "
                + before()
                + " → "
                + after()
                + (percent == null ? "" : " (" + percent + " %)");
    }

    private static @Nullable String text(@Nullable Long nanos) {
        return nanos == null ? null : new Rate(nanos).text();
    }
}
