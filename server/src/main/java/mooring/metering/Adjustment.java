package mooring.metering;

import java.time.Instant;
import mooring.ids.AdjustmentId;
import mooring.ids.RequestId;
import mooring.money.Money;

/// A correction of what a settled request was charged. The settlement stays as it is.
///
/// @param wallet what of the amount the wallet got back or paid; the rest of a credit had never
///   been paid
/// @param actor who decided it
public record Adjustment(
        AdjustmentId id,
        RequestId request,
        Direction direction,
        Money amount,
        Money wallet,
        String reason,
        String actor,
        Instant at) {

    public enum Direction {
        /// The request was charged too much.
        CREDIT,
        /// It was charged too little.
        DEBIT
    }

    /// What it changes the charge by: below zero for a credit.
    public Money change() {
        return switch (direction) {
            case CREDIT -> amount.negated();
            case DEBIT -> amount;
        };
    }
}
