package mooring.simulator.answer;

import java.util.function.IntFunction;

/// One choice's whole answer: how many tokens, each of them by its place, and why it ends.
public record Answer(int tokens, IntFunction<Piece> pieces, String finishReason) {

    /// The same, ended by a filter after that many tokens if it is longer.
    public Answer filteredAfter(int most) {
        return tokens > most ? new Answer(most, pieces, "content_filter") : this;
    }

    /// The token at that place.
    public Piece piece(int place) {
        return pieces.apply(place);
    }
}
