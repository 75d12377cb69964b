package mooring.ledger;

import java.time.Instant;
import java.util.List;
import mooring.ids.LotId;
import mooring.ids.OrganizationId;
import mooring.ids.TransferId;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What a wallet's money consists of, and how it came and went. Blocking: for virtual threads,
/// never for an event loop.
public interface Statements {

    /// One credit lot.
    ///
    /// @param transfer the credit that it came from; null when it is older than lots are
    record Lot(
            LotId id,
            LotKind kind,
            int priority,
            Money amount,
            Money remaining,
            @Nullable Instant expiresAt,
            @Nullable TransferId transfer,
            Instant createdAt) {}

    /// One transfer of a wallet.
    ///
    /// @param kind such as `top_up`, `usage`, `charge_back`
    /// @param change what it did to the wallet's posted amount; those of all sum to it. 0 where a
    ///   debt is written down or paid, which another transfer has moved
    /// @param reference what else it belongs to, such as a voucher
    record Entry(
            TransferId id,
            String kind,
            Money amount,
            Money change,
            @Nullable String reason,
            @Nullable String reference,
            Instant bookedAt) {}

    /// Oldest first.
    ///
    /// @param open whether only those with money left
    List<Lot> lots(OrganizationId organization, boolean open, @Nullable LotId after, int limit);

    /// Latest first, without those that move money between the house's own accounts only.
    List<Entry> transfers(OrganizationId organization, @Nullable TransferId before, int limit);
}
