package mooring.inference;

import java.util.Map;

/// Fields of an answer that are not ours to know. They reach the caller untouched, where the
/// dialect is the engine's own.
///
/// @param chunk beside `choices`
/// @param choice inside one choice
/// @param delta inside its message or delta
public record Extras(
        Map<String, JsonText> chunk, Map<String, JsonText> choice, Map<String, JsonText> delta) {

    public static final Extras NONE = new Extras(Map.of(), Map.of(), Map.of());

    public boolean empty() {
        return chunk.isEmpty() && choice.isEmpty() && delta.isEmpty();
    }
}
