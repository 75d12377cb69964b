package mooring.api.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class TextChunkTest {

    @Test
    void allAroundTheTextStaysAndTheTextIsEscaped() {
        Buffer empty =
                Buffer.buffer(
                        "data: {\"model\":\"a \\\"content\\\":\\\"\\\" b\",\"choices\":[{\"delta\":"
                                + "{\"content\":\"\"},\"finish_reason\":null}]}\n\n");
        TextChunk chunk = new TextChunk(0, empty);

        for (String text : new String[] {"word", "合同 \"12\"", "x".repeat(10_000), ""}) {
            assertThat(chunk.of(text).toString())
                    .isEqualTo(
                            "data: {\"model\":\"a \\\"content\\\":\\\"\\\" b\",\"choices\":[{\"delta\":"
                                    + "{\"content\":\""
                                    + text.replace("\"", "\\\"")
                                    + "\"},\"finish_reason\":null}]}\n\n");
        }
    }

    @Test
    void anEventWithoutATextIsNoModelForOne() {
        assertThatThrownBy(() -> new TextChunk(0, Buffer.buffer("data: {}\n\n")))
                .hasMessageContaining("expected");
    }
}
