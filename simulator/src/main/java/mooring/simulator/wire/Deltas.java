package mooring.simulator.wire;

import java.util.ArrayList;
import java.util.List;
import mooring.simulator.script.Directive;

/// Cuts a token's text into the pieces that go out as chunks of their own.
final class Deltas {

    private Deltas() {}

    static List<String> of(String text, Directive directive) {
        int chars = directive.chunkChars();
        if (text.isEmpty()) {
            return List.of();
        }
        if (chars == 0 && !directive.splitSurrogates()) {
            return List.of(text);
        }
        List<String> deltas = new ArrayList<>();
        int from = 0;
        int codePoints = 0;
        for (int at = 0; at < text.length(); ) {
            int next = at + Character.charCount(text.codePointAt(at));
            if (directive.splitSurrogates() && next - at == 2) {
                deltas.add(text.substring(from, at + 1));
                from = at + 1;
                codePoints = 0;
            } else if (chars > 0 && codePoints == chars) {
                deltas.add(text.substring(from, at));
                from = at;
                codePoints = 0;
            }
            codePoints++;
            at = next;
        }
        deltas.add(text.substring(from));
        return deltas;
    }
}
