package mooring.ledger.store;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import mooring.ledger.LeaseStore.Grant;
import mooring.ledger.LeaseStore.Need;
import mooring.ledger.LeaseStore.Pulse;
import mooring.ledger.LeaseStore.Return;
import mooring.ledger.NodeEpoch;
import mooring.ledger.Purse;
import mooring.money.Money;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Leases of one kind of purse. Each call gets only purses of its kind, never none, and is one
/// round trip.
///
/// A call on leases of a life of a node that is over does nothing, or fails with
/// [mooring.ledger.EpochClosedException].
public interface LeasePart {

    /// A part for every kind of purse, the wallets' first.
    static List<LeasePart> all() {
        return List.of(new WalletLeases(), new BudgetLeases());
    }

    boolean has(Purse purse);

    /// The purse that a notice of a recall speaks of; null when it is none of this kind.
    @Nullable Purse recalled(String notice);

    List<Grant> acquire(Handle handle, NodeEpoch node, List<Need> needs);

    void giveBack(Handle handle, NodeEpoch node, List<Return> returns);

    void recall(Handle handle, NodeEpoch node, List<Purse> purses);

    /// Takes down what is in use. May get an empty map: it tells what is recalled all the same.
    ///
    /// @param length what the node's leases live on for; only the wallets' part writes it down
    Pulse heartbeat(Handle handle, NodeEpoch node, Duration length, Map<Purse, Money> inUse);

    /// Ends leases of the node's lives before `epoch`, a bounded number at once, inside the
    /// transaction of the handle.
    ///
    /// @param unbilled why what is in them goes back without being billed; null when it was free
    /// @return how many were ended; 0 when none is left
    int close(Handle handle, String node, long epoch, @Nullable String unbilled);
}
