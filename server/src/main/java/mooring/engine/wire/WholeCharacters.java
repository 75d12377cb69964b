package mooring.engine.wire;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import mooring.inference.Extras;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import org.jspecify.annotations.Nullable;

/// Keeps code points whole: a text piece that ends in half a surrogate pair gives its end to the
/// next piece of the same text.
///
/// Engines that write JSON escapes cut an emoji between two chunks. A half whose other half never
/// comes becomes U+FFFD, since UTF-8 has no way to write it.
final class WholeCharacters {

    private static final char REPLACEMENT = '\uFFFD';
    private static final String REPLACEMENT_TEXT = "\uFFFD";

    private enum Kind {
        TEXT,
        REASONING,
        REFUSAL,
        ARGUMENTS
    }

    /// One running text of one choice.
    private record Place(int choice, Kind kind, int call) {}

    private final Consumer<StreamEvent> next;
    private final Map<Place, Character> halves = new HashMap<>(2);

    WholeCharacters(Consumer<StreamEvent> next) {
        this.next = next;
    }

    void accept(StreamEvent event) {
        switch (event) {
            case StreamEvent.Delta delta -> delta(delta);
            case StreamEvent.Finished finished -> {
                flush(finished.choice());
                next.accept(finished);
            }
            case StreamEvent.UsageReported _, StreamEvent.Ended _ -> next.accept(event);
        }
    }

    private void delta(StreamEvent.Delta delta) {
        String alone = delta.textAlone() && halves.isEmpty() ? delta.text() : null;
        if (alone != null && !alone.isEmpty() && withoutSurrogates(alone)) {
            // Nearly every piece.
            next.accept(delta);
            return;
        }
        int choice = delta.choice();
        String text = whole(new Place(choice, Kind.TEXT, 0), delta.text());
        String reasoning = whole(new Place(choice, Kind.REASONING, 0), delta.reasoning());
        String refusal = whole(new Place(choice, Kind.REFUSAL, 0), delta.refusal());
        List<ToolCallDelta> calls =
                delta.toolCalls().isEmpty() ? delta.toolCalls() : calls(choice, delta.toolCalls());
        StreamEvent.Delta whole =
                new StreamEvent.Delta(
                        choice, text, reasoning, refusal, calls, delta.logprobs(), delta.extras());
        if (whole.content() || whole.logprobs() != null || !whole.extras().empty()) {
            next.accept(whole);
        }
    }

    private List<ToolCallDelta> calls(int choice, List<ToolCallDelta> pieces) {
        List<ToolCallDelta> calls = new ArrayList<>(pieces.size());
        for (ToolCallDelta piece : pieces) {
            Place place = new Place(choice, Kind.ARGUMENTS, piece.index());
            String arguments = whole(place, piece.arguments());
            if (piece.arguments().isEmpty()
                    || arguments != null
                    || piece.id() != null
                    || piece.name() != null) {
                calls.add(
                        new ToolCallDelta(
                                piece.index(),
                                piece.id(),
                                piece.name(),
                                arguments == null ? "" : arguments));
            }
        }
        return calls;
    }

    /// The piece with what was held back before it, and without what has to wait; null for nothing.
    private @Nullable String whole(Place place, @Nullable String piece) {
        if (piece == null || piece.isEmpty()) {
            return null;
        }
        Character half = halves.isEmpty() ? null : halves.remove(place);
        String joined = half == null ? piece : half + piece;
        int end = joined.length();
        if (Character.isHighSurrogate(joined.charAt(end - 1))) {
            end--;
            halves.put(place, joined.charAt(end));
        }
        return end == 0 ? null : mended(joined.substring(0, end));
    }

    /// The choice is over: no other half will come.
    private void flush(int choice) {
        if (halves.isEmpty()) {
            return;
        }
        for (Place place : List.copyOf(halves.keySet())) {
            if (place.choice() == choice) {
                halves.remove(place);
                next.accept(replacement(place));
            }
        }
    }

    private static StreamEvent.Delta replacement(Place place) {
        String text = place.kind() == Kind.TEXT ? REPLACEMENT_TEXT : null;
        String reasoning = place.kind() == Kind.REASONING ? REPLACEMENT_TEXT : null;
        String refusal = place.kind() == Kind.REFUSAL ? REPLACEMENT_TEXT : null;
        List<ToolCallDelta> calls =
                place.kind() == Kind.ARGUMENTS
                        ? List.of(new ToolCallDelta(place.call(), null, null, REPLACEMENT_TEXT))
                        : List.of();
        return new StreamEvent.Delta(
                place.choice(), text, reasoning, refusal, calls, null, Extras.NONE);
    }

    private static boolean withoutSurrogates(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /// Lone halves inside a text, replaced.
    private static String mended(String text) {
        StringBuilder mended = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else {
                mended = mended == null ? new StringBuilder(text) : mended;
                mended.setCharAt(i, REPLACEMENT);
            }
        }
        return mended == null ? text : mended.toString();
    }
}
