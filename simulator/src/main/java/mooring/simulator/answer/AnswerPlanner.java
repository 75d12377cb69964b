package mooring.simulator.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import mooring.simulator.script.Directive;
import mooring.simulator.script.ToolCall;
import mooring.simulator.text.Prompt;
import mooring.simulator.text.PseudoWords;
import mooring.simulator.text.SchemaSample;
import mooring.simulator.text.Tokenizer;
import org.jspecify.annotations.Nullable;

/// Decides every token of an answer before the first is made.
///
/// What is said: the directive's text and tool calls, else the forced tool call, else a document of
/// the asked schema, else pseudo-words. How much: never above the request's limit.
public final class AnswerPlanner {

    /// Keeps the words of one choice apart from the next one's.
    private static final long CHOICE_STRIDE = 1L << 32;

    private final int defaultTokens;

    public AnswerPlanner(int defaultTokens) {
        this.defaultTokens = defaultTokens;
    }

    /// The answers of all choices.
    public List<Answer> plan(CompletionRequest request, Directive directive, int limit) {
        List<Answer> answers = new ArrayList<>();
        for (int choice = 0; choice < request.choices(); choice++) {
            long seed =
                    Prompt.mix(request.prompt().hash() ^ Prompt.mix(request.seed()))
                            + choice * CHOICE_STRIDE;
            answers.add(plan(request, directive, limit, seed));
        }
        return answers;
    }

    private Answer plan(CompletionRequest request, Directive directive, int limit, long seed) {
        List<Piece> fixed = fixedPieces(request, directive);
        int reasoning = directive.reasoningTokens();
        int natural =
                fixed != null ? reasoning + fixed.size() : wordCount(request, directive, limit);
        int tokens = Math.min(natural, limit);
        IntFunction<Piece> pieces =
                place -> {
                    if (place < reasoning) {
                        return Piece.reasoning(PseudoWords.word(~seed, place));
                    }
                    return fixed != null
                            ? fixed.get(place - reasoning)
                            : Piece.content(PseudoWords.word(seed, place - reasoning));
                };
        String ending = natural > limit ? "length" : naturalEnding(fixed);
        Answer whole = new Answer(tokens, pieces, ending);
        Answer stopped = request.stops().isEmpty() ? whole : stopped(whole, request.stops());
        String ordered = directive.finishReason();
        return ordered == null ? stopped : new Answer(stopped.tokens(), stopped.pieces(), ordered);
    }

    private int wordCount(CompletionRequest request, Directive directive, int limit) {
        Integer ordered = directive.outputTokens();
        if (ordered != null) {
            return ordered;
        }
        return request.ignoreEnd()
                // One more than fits, so that the answer ends for its length.
                ? (int) Math.min(limit + 1L, Integer.MAX_VALUE)
                : directive.reasoningTokens() + defaultTokens;
    }

    private static String naturalEnding(@Nullable List<Piece> fixed) {
        boolean calls = fixed != null && !fixed.isEmpty() && isCall(fixed.getLast());
        return calls ? "tool_calls" : "stop";
    }

    private static boolean isCall(Piece piece) {
        return switch (piece.kind()) {
            case CALL_NAME, CALL_ARGUMENTS -> true;
            case CONTENT, REASONING -> false;
        };
    }

    /// The pieces of an answer that is not pseudo-words, or null.
    private static @Nullable List<Piece> fixedPieces(
            CompletionRequest request, Directive directive) {
        String text = directive.text();
        if (text != null || !directive.toolCalls().isEmpty()) {
            List<Piece> pieces = new ArrayList<>(textPieces(text == null ? "" : text, directive));
            addCalls(pieces, directive.toolCalls());
            return pieces;
        }
        if (request.schema() == null) {
            return null;
        }
        String document = SchemaSample.of(request.schema()).toString();
        if (request.forcedTool() == null) {
            return contentPieces(Tokenizer.tokens(document));
        }
        List<Piece> pieces = new ArrayList<>();
        addCalls(pieces, List.of(new ToolCall(request.forcedTool(), document)));
        return pieces;
    }

    /// The ordered text, repeated or cut to the ordered number of tokens where there is one.
    private static List<Piece> textPieces(String text, Directive directive) {
        List<Piece> once = contentPieces(Tokenizer.tokens(text));
        Integer ordered = directive.outputTokens();
        if (ordered == null || once.isEmpty()) {
            return once;
        }
        List<Piece> pieces = new ArrayList<>();
        for (int i = 0; i < ordered - directive.reasoningTokens(); i++) {
            pieces.add(once.get(i % once.size()));
        }
        return pieces;
    }

    private static List<Piece> contentPieces(List<String> tokens) {
        return tokens.stream().map(Piece::content).toList();
    }

    /// A call's name is one token, its arguments as many as their text has.
    private static void addCalls(List<Piece> pieces, List<ToolCall> calls) {
        for (int i = 0; i < calls.size(); i++) {
            pieces.add(new Piece(Piece.Kind.CALL_NAME, i, calls.get(i).name()));
            for (String token : Tokenizer.tokens(calls.get(i).arguments())) {
                pieces.add(new Piece(Piece.Kind.CALL_ARGUMENTS, i, token));
            }
        }
    }

    /// The answer up to the first stop sequence. The token that completes the sequence is generated
    /// and counted; of the sequence no character is shown.
    private static Answer stopped(Answer whole, List<String> stops) {
        StringBuilder text = new StringBuilder();
        int[] starts = new int[whole.tokens()];
        for (int i = 0; i < whole.tokens(); i++) {
            starts[i] = text.length();
            Piece piece = whole.piece(i);
            if (piece.kind() == Piece.Kind.CONTENT) {
                text.append(piece.text());
            }
            int cut = firstStop(text, stops, starts[i]);
            if (cut >= 0) {
                return new Answer(
                        i + 1, place -> cut(whole.piece(place), starts[place], cut), "stop");
            }
        }
        return whole;
    }

    private static int firstStop(StringBuilder text, List<String> stops, int newFrom) {
        int first = -1;
        for (String stop : stops) {
            int at = text.indexOf(stop, Math.max(0, newFrom - stop.length() + 1));
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }

    private static Piece cut(Piece piece, int start, int cut) {
        if (piece.kind() != Piece.Kind.CONTENT || start + piece.text().length() <= cut) {
            return piece;
        }
        return Piece.content(piece.text().substring(0, Math.max(0, cut - start)));
    }
}
