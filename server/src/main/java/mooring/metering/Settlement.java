package mooring.metering;

import mooring.ids.RequestId;
import mooring.money.Money;

/// A usage record as it was booked.
///
/// @param payable what the wallet paid; with `shortfall` it makes the charge
/// @param shortfall what the wallet could not pay and Mooring absorbed
/// @param available what the wallet can carry now
public record Settlement(
        RequestId id, Money charge, Money payable, Money shortfall, Money available) {}
