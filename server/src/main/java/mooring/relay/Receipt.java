package mooring.relay;

import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// What a complete answer used and cost, as it was booked.
///
/// @param available what the wallet can carry now, as far as this node knows; null when it does not
public record Receipt(RequestId id, Usage usage, Money charge, @Nullable Money available) {}
