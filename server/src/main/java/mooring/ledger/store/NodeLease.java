package mooring.ledger.store;

import mooring.ids.WalletId;
import mooring.ledger.NodeEpoch;

/// Names the money that one life of a node has of one wallet.
public record NodeLease(WalletId wallet, NodeEpoch node) {}
