package mooring.ledger;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// Where nodes lease money from. One lease for each purse and life of a node, which grows and
/// shrinks. Blocking; every call is for many purses in one round trip.
///
/// A call that throws may have been carried out all the same. It is repeated unchanged until it
/// answers: by its `operation` the store knows it again and moves nothing twice.
public interface LeaseStore {

    /// Money wanted of one purse.
    ///
    /// @param operation rises with each move of money on this purse by this life of this node
    /// @param least below this the money is of no use: nothing is granted then
    /// @param need what running and waiting requests want
    /// @param wish `need` and what is to be had in hand; the store grants more than `need` only
    ///   when there is plenty
    /// @param inUse what this node's holds and charges not yet booked take of its lease
    record Need(Purse purse, long operation, Money least, Money need, Money wish, Money inUse) {}

    /// How a purse stands beside this node's lease.
    ///
    /// @param left leased by nobody
    /// @param elsewhere leased by other living nodes and unused, as they said last
    /// @param holders other living nodes that have money of it
    /// @param unanswered those of them that were asked to give back and have not yet
    record Standing(Money left, Money elsewhere, int holders, int unanswered) {}

    /// The answer to a [Need].
    ///
    /// @param granted what the lease grew by
    /// @param validFor when free money must be back, because money of the purse expires then; null
    ///   when none does
    record Grant(Purse purse, Money granted, Standing standing, @Nullable Duration validFor) {}

    /// Money given back, of nothing too: it answers a recall.
    ///
    /// @param last whether the lease may go when nothing is left in it
    record Return(Purse purse, long operation, Money amount, Money inUse, boolean last) {}

    /// What a node hears with its heartbeat.
    ///
    /// @param standings of the purses that it reported
    /// @param recalled purses of which another node needs what this one has free
    record Pulse(Map<Purse, Standing> standings, List<Purse> recalled) {
        public Pulse {
            standings = Map.copyOf(standings);
            recalled = List.copyOf(recalled);
        }
    }

    /// Grows leases; one grant for each need, in their order.
    ///
    /// @throws EpochClosedException when this life of the node is over
    List<Grant> acquire(NodeEpoch node, List<Need> needs);

    /// Shrinks leases by free money; does nothing where the lease has been closed.
    ///
    /// @throws IllegalArgumentException when a purse is in it twice: a lease remembers only its
    ///   last operation, so such a call could not be repeated
    void giveBack(NodeEpoch node, List<Return> returns);

    /// What every store asks of [#giveBack].
    static void requireEachPurseOnce(List<Return> returns) {
        Set<Purse> seen = new HashSet<>();
        for (Return back : returns) {
            if (!seen.add(back.purse())) {
                throw new IllegalArgumentException(
                        back.purse() + ": given back twice in one call (expected: once)");
            }
        }
    }

    /// Asks all other living nodes to give back what they have free of these purses.
    void recall(NodeEpoch node, List<Purse> purses);

    /// Lets this life's leases live on for `length` by the store's clock.
    ///
    /// @param inUse what is in use of each purse, of those where it changed
    /// @throws EpochClosedException when this life of the node is over
    Pulse heartbeat(NodeEpoch node, Duration length, Map<Purse, Money> inUse);

    /// Returns what is left in the leases of all earlier lives of a node, once everything that they
    /// wrote down has been booked.
    void close(NodeEpoch node);
}
