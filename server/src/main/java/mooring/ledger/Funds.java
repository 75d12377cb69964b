package mooring.ledger;

import mooring.money.Money;

/// A wallet as its owner is shown it: voucher and cash make what is available, unless cash is owed.
///
/// @param posted credit less charges, as booked
/// @param inUse set aside for running requests, or charged and not yet booked
/// @param voucher what is left of money that was given or is included, once what is in use is paid
/// @param cash what is left of money that was paid in; below zero what the owner owes
public record Funds(Money posted, Money inUse, Money voucher, Money cash) {

    /// What new requests can spend. With a debt that is nothing but vouchers.
    public Money available() {
        return cash.negative() ? voucher : voucher.plus(cash);
    }
}
