package mooring.ledger;

import java.util.Locale;

/// Where the money of a credit lot comes from, which decides what its spending and its expiry are
/// booked to.
public enum LotKind {
    /// Paid in by the customer.
    PAID(100),
    /// Given away; lessens revenue once it is spent.
    PROMOTIONAL(50),
    /// Included in a subscription; lessens usage revenue once it is spent.
    ALLOWANCE(10);

    private final int priority;

    LotKind(int priority) {
        this.priority = priority;
    }

    /// When a lot of this kind is drawn unless it says otherwise: lower first.
    public int priority() {
        return priority;
    }

    /// As it is written in tables and events.
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static LotKind of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
