package mooring.simulator;

import mooring.simulator.answer.Piece;

/// Where an answer's tokens go. Event loop only.
interface Sink {

    /// Before the first token.
    void open();

    void token(int choice, Piece piece);

    void finish(int choice, String reason);

    /// Something unreadable, in order of a fault.
    void malformed();

    /// Hands what is gathered to the socket; tells whether any of it now counts as written.
    boolean flush();

    /// Whether the socket takes no more for now.
    boolean full();

    /// The regular end.
    void complete(boolean withDone);
}
