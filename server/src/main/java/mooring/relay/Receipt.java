package mooring.relay;

import mooring.ids.RequestId;
import mooring.inference.Usage;
import mooring.money.Money;

/// What a complete answer used and cost, as it was booked.
///
/// @param available what the wallet can carry now
public record Receipt(RequestId id, Usage usage, Money charge, Money available) {}
