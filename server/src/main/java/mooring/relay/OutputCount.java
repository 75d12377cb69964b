package mooring.relay;

import mooring.inference.StreamEvent;
import mooring.inference.Usage;
import org.jspecify.annotations.Nullable;

/// Counts one answer's tokens, by what the engine reports and by what passes.
final class OutputCount {

    /// Pieces longer than this on average hold several tokens each, at about four characters.
    private static final long LONG_PIECE_CHARS = 16;

    private static final long CHARS_PER_TOKEN = 4;

    /// For the money set aside, fewer characters a token than most prose has.
    private static final long CHARACTERS_PER_COVERED_TOKEN = 3;

    private final int choices;
    private @Nullable Usage usage;
    private boolean usageFinal;
    private long piecesAtUsage;
    private boolean usageAhead;
    private long pieces;
    private long characters;

    OutputCount(int choices) {
        this.choices = choices;
    }

    /// @param last whether every choice has finished, so that no more output can come
    void reported(Usage counted, boolean last) {
        usage = counted;
        usageFinal = last;
        piecesAtUsage = pieces;
        usageAhead = true;
    }

    void piece(StreamEvent.Delta delta) {
        pieces++;
        if (usageAhead) {
            // Some engines count a piece before they send it, others after: billing one token too
            // few for a moment is right, one too many never.
            usageAhead = false;
            piecesAtUsage++;
        }
        characters += length(delta.text()) + length(delta.reasoning());
    }

    /// Of texts and reasoning so far.
    long characters() {
        return characters;
    }

    /// Forgets what a failed attempt reported.
    void restart() {
        usage = null;
        usageFinal = false;
        piecesAtUsage = 0;
        usageAhead = false;
    }

    /// Of a whole answer. A running count may be of one choice alone, as vLLM's is, or may have
    /// come to an end before the answer did: what followed it is counted here.
    Count ofWhole() {
        boolean ofAll = usageFinal || (choices == 1 && pieces <= piecesAtUsage);
        return new Count(usage, output(), usage != null && ofAll);
    }

    /// Of what has passed so far.
    Count soFar() {
        return new Count(usage, output(), false);
    }

    /// Output tokens that the money set aside must cover, rather too many than too few.
    long toCover() {
        return usage == null
                ? Math.max(output(), Math.max(pieces, characters / CHARACTERS_PER_COVERED_TOKEN))
                : output();
    }

    /// The engine's count and a token for each piece since; ours alone where it gave none, or where
    /// its running count may be of one choice only: a piece is a token, unless pieces are so long
    /// that they must hold several.
    private long output() {
        Usage counted = usage;
        if (counted != null && choices == 1) {
            return counted.output() + pieces - piecesAtUsage;
        }
        return characters > pieces * LONG_PIECE_CHARS ? characters / CHARS_PER_TOKEN : pieces;
    }

    private static long length(@Nullable String text) {
        return text == null ? 0 : text.length();
    }
}
