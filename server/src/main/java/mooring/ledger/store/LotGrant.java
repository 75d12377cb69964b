package mooring.ledger.store;

import java.time.Instant;
import mooring.ledger.LotKind;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Money that a wallet is to get.
///
/// @param priority drawn before lots of a higher number
/// @param expiresAt the first instant at which it is worth nothing; null when it never expires
public record LotGrant(
        LotKind kind, Money amount, int priority, @Nullable Instant expiresAt, TransferNote note) {

    public LotGrant {
        if (!amount.positive()) {
            throw new IllegalArgumentException("amount: " + amount + " (expected: more than 0)");
        }
        if (priority < 0 || priority > Short.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "priority: " + priority + " (expected: 0.." + Short.MAX_VALUE + ")");
        }
    }

    public LotGrant(LotKind kind, Money amount, @Nullable Instant expiresAt, TransferNote note) {
        this(kind, amount, kind.priority(), expiresAt, note);
    }
}
