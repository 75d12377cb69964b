package mooring.engine.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SseReaderTest {

    private static final String STREAM =
            ": note\r\ndata: {\"a\":\"Tēnā 😀\"}\r\n\r\n\n\nevent: x\nid: 7\ndata:one\ndata: two\n\n"
                    + "data:\n\ndata: [DONE]\n\ndata: last";

    private static final List<String> EVENTS =
            List.of("{\"a\":\"Tēnā 😀\"}", "one\ntwo", "", "[DONE]", "last");

    @Test
    void eventsAreTheSameWhereverTheBytesAreCut() {
        byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second++) {
                List<String> events = new ArrayList<>();
                SseReader reader = reader(events);
                reader.read(Buffer.buffer(bytes).slice(0, first));
                reader.read(Buffer.buffer(bytes).slice(first, second));
                reader.read(Buffer.buffer(bytes).slice(second, bytes.length));
                reader.end();
                assertThat(events).as("cut at %d and %d", first, second).isEqualTo(EVENTS);
            }
        }
    }

    @Test
    void anEventWithoutEndIsRefusedBeforeItFillsTheMemory() {
        SseReader reader = reader(new ArrayList<>());
        Buffer megabyte = Buffer.buffer(new byte[1024 * 1024]);

        assertThatThrownBy(
                        () -> {
                            for (int i = 0; i <= 16; i++) {
                                reader.read(megabyte);
                            }
                        })
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("16777216");
    }

    private static SseReader reader(List<String> events) {
        return new SseReader(
                (bytes, from, length) ->
                        events.add(new String(bytes, from, length, StandardCharsets.UTF_8)));
    }
}
