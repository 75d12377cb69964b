package mooring.ledger;

import mooring.money.Money;

/// A wallet at one instant.
///
/// @param posted what the booked transfers sum to
/// @param held set aside for running requests
/// @param promotional how much of `posted` was given or is included rather than paid in
public record Balance(Money posted, Money held, Money promotional) {

    /// What a new request can still set aside.
    public Money available() {
        return posted.minus(held);
    }
}
