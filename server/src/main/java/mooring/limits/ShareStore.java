package mooring.limits;

import java.util.List;

/// Where nodes share limits among each other. Blocking, with a deadline of its own: for one thread
/// off the request path.
public interface ShareStore extends AutoCloseable {

    /// The store as one node meets it.
    ///
    /// @param memory names what the store remembers; another name when it has lost that
    /// @param nodes how many are alive, this one included
    /// @param rank of this one among them, from 0 on
    record Meeting(String memory, int nodes, int rank) {}

    /// The store cannot be reached, or lost its memory in the midst of an exchange.
    final class Unavailable extends RuntimeException {
        private static final long serialVersionUID = 1;

        public Unavailable(String message, Throwable cause) {
            super(message, cause);
        }

        public Unavailable(String message) {
            super(message);
        }
    }

    /// Says that this node is alive.
    ///
    /// @param known how many nodes it knows of
    /// @param claimed the memory in which all its claims are, empty before
    Meeting meet(int known, String claimed);

    /// Puts each claim in the place of this node's earlier one, and gives what is free. The sum
    /// over all nodes never exceeds a limit.
    ///
    /// @return one for each claim, in order
    List<ShareGrant> exchange(Meeting meeting, List<ShareClaim> claims);

    @Override
    void close();
}
