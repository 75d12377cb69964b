package mooring.engine.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.StreamEvent;
import mooring.inference.ToolCallDelta;
import org.junit.jupiter.api.Test;

class WholeCharactersTest {

    private final List<StreamEvent> events = new ArrayList<>();
    private final WholeCharacters whole = new WholeCharacters(events::add);

    @Test
    void halfACharacterWaitsForItsOtherHalf() {
        whole.accept(StreamEvent.Delta.text(0, "a\ud83d"));
        whole.accept(StreamEvent.Delta.text(0, "\ude00b"));

        assertThat(events)
                .containsExactly(StreamEvent.Delta.text(0, "a"), StreamEvent.Delta.text(0, "😀b"));
    }

    @Test
    void aPieceThatIsNothingButHalfACharacterSaysNothingYet() {
        whole.accept(StreamEvent.Delta.text(0, "\ud83d"));

        assertThat(events).isEmpty();
    }

    @Test
    void choicesAndKindsOfTextAreKeptApart() {
        whole.accept(StreamEvent.Delta.text(0, "\ud83d"));
        whole.accept(StreamEvent.Delta.text(1, "\ud83e"));
        whole.accept(reasoning("\ud83c"));
        whole.accept(StreamEvent.Delta.text(1, "\udd17"));
        whole.accept(reasoning("\udf08"));
        whole.accept(StreamEvent.Delta.text(0, "\ude00"));

        assertThat(events)
                .containsExactly(
                        StreamEvent.Delta.text(1, "🤗"),
                        reasoning("🌈"),
                        StreamEvent.Delta.text(0, "😀"));
    }

    @Test
    void argumentsOfAToolCallAreKeptWholeToo() {
        whole.accept(call("call_1", "look", "{\"a\":\"\ud83d"));
        whole.accept(call(null, null, "\ude00\"}"));

        assertThat(events)
                .containsExactly(call("call_1", "look", "{\"a\":\""), call(null, null, "😀\"}"));
    }

    @Test
    void aHalfWhoseOtherHalfNeverComesIsReplacedBeforeTheChoiceEnds() {
        whole.accept(StreamEvent.Delta.text(0, "a\ud83d"));
        whole.accept(new StreamEvent.Finished(0, FinishReason.STOP, Extras.NONE));

        assertThat(events)
                .containsExactly(
                        StreamEvent.Delta.text(0, "a"),
                        StreamEvent.Delta.text(0, "\ufffd"),
                        new StreamEvent.Finished(0, FinishReason.STOP, Extras.NONE));
    }

    @Test
    void loneHalvesInsideATextAreReplaced() {
        whole.accept(StreamEvent.Delta.text(0, "a\ude00b\ud83dc😀"));

        assertThat(events).containsExactly(StreamEvent.Delta.text(0, "a\ufffdb\ufffdc😀"));
    }

    private static StreamEvent.Delta reasoning(String text) {
        return new StreamEvent.Delta(0, null, text, null, List.of(), null, Extras.NONE);
    }

    private static StreamEvent.Delta call(
            @org.jspecify.annotations.Nullable String id,
            @org.jspecify.annotations.Nullable String name,
            String arguments) {
        return new StreamEvent.Delta(
                0,
                null,
                null,
                null,
                List.of(new ToolCallDelta(0, id, name, arguments)),
                null,
                Extras.NONE);
    }
}
