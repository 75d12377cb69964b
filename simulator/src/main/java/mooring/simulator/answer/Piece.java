package mooring.simulator.answer;

/// One token of an answer: what part of it, of which tool call, and the text to show.
///
/// The text may be shorter than the token where a stop sequence cut into it.
public record Piece(Kind kind, int call, String text) {

    /// The parts of an answer.
    public enum Kind {
        REASONING,
        CONTENT,
        CALL_NAME,
        CALL_ARGUMENTS
    }

    static Piece content(String text) {
        return new Piece(Kind.CONTENT, 0, text);
    }

    static Piece reasoning(String text) {
        return new Piece(Kind.REASONING, 0, text);
    }
}
