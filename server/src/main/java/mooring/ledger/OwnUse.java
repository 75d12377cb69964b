package mooring.ledger;

import mooring.ids.WalletId;

/// What this node's requests hold of wallets, and what they have used that is not booked yet: known
/// here before the store hears of it.
@FunctionalInterface
public interface OwnUse {

    /// One wallet at one instant, in nano units.
    ///
    /// @param leased what this node has leased of it
    /// @param inUse what of that running holds and charges not yet booked take
    /// @param bookings how many bookings this node has heard of
    record Share(long leased, long inUse, long bookings) {
        /// Of a wallet that nothing is leased of.
        public static final Share NONE = new Share(0, 0, 0);
    }

    /// A memory read.
    Share share(WalletId wallet);
}
