package mooring.ledger;

import mooring.ids.WalletId;

/// What this node's requests hold of a wallet, and what they have used that is not booked yet:
/// known here before the store hears of it.
public interface OwnUse {

    NodeEpoch node();

    /// In nano units; a memory read.
    long inUseNanos(WalletId wallet);
}
