package mooring.ledger;

import java.time.Instant;
import java.util.List;
import mooring.money.Money;
import org.jspecify.annotations.Nullable;

/// The nodes that have leased money, as an operator sees them. Blocking.
public interface Nodes {

    enum State {
        /// Its heartbeat is heard.
        ALIVE,
        /// It gave everything back and left, or has not begun.
        GONE,
        /// Silent past the end of its leases, which still hold money.
        SUSPECT,
        /// Given up; its leases are closed.
        LOST
    }

    /// @param leasesUntil when its leases end by the database's clock
    /// @param suspectSince since when it is known to be silent
    /// @param leased what its leases of wallets hold, earlier lives' included, by currency
    record Node(
            NodeEpoch node,
            State state,
            Instant startedAt,
            @Nullable Instant leasesUntil,
            @Nullable Instant suspectSince,
            @Nullable Instant lostAt,
            List<Money> leased) {
        public Node {
            leased = List.copyOf(leased);
        }
    }

    /// A node given up, and what went back to wallets without anybody knowing what was used of it.
    ///
    /// @param wallets leases of wallets that were closed with money in them
    record Lost(NodeEpoch node, String reason, long wallets, List<Money> unbilled) {
        public Lost {
            unbilled = List.copyOf(unbilled);
        }
    }

    /// All nodes, by id.
    List<Node> list();

    /// Gives a node up: closes its leases, of all its lives, and writes what was in them to
    /// `unbilled`. What it had written down and sends later is still booked.
    ///
    /// @throws mooring.problem.ProblemException when there is no such node, or it is alive
    Lost lost(String node);

    /// Marks nodes that are silent as suspect, and gives up those that have been for half an hour
    /// under watch. Called every few seconds by every node.
    ///
    /// @return those given up now
    List<Lost> watch();
}
