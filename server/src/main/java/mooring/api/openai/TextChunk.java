package mooring.api.openai;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import mooring.json.TextBytes;

/// A stream's event for a piece that is text alone: all around the text is the same each time, and
/// was written once.
final class TextChunk {

    private static final String EMPTY = "\"content\":\"\"";

    /// Room for a few words, as engines say them.
    private static final int TEXT_BYTES = 64;

    private final int choice;
    private final byte[] before;
    private final byte[] behind;

    /// @param empty such an event whose text is empty
    TextChunk(int choice, Buffer empty) {
        String whole = empty.toString(StandardCharsets.UTF_8);
        int at = whole.lastIndexOf(EMPTY) + EMPTY.length() - 1;
        if (at < EMPTY.length()) {
            throw new IllegalArgumentException(
                    "an event without a text: " + whole + " (expected: one that is empty)");
        }
        this.choice = choice;
        this.before = whole.substring(0, at).getBytes(StandardCharsets.UTF_8);
        this.behind = whole.substring(at).getBytes(StandardCharsets.UTF_8);
    }

    int choice() {
        return choice;
    }

    Buffer of(String text) {
        byte[] escaped = TextBytes.escaped(text);
        int room = before.length + Math.max(escaped.length, TEXT_BYTES) + behind.length;
        ByteBuf bytes = Unpooled.buffer(room);
        bytes.writeBytes(before).writeBytes(escaped).writeBytes(behind);
        return BufferInternal.buffer(bytes);
    }
}
