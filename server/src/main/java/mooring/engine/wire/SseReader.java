package mooring.engine.wire;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/// Cuts a byte stream into the payloads of its server-sent events, however the bytes arrive.
///
/// Works on bytes and hands over whole lines only, so that no code point is ever cut. Comments and
/// fields other than `data` are skipped; several `data` lines of one event are joined by a newline.
public final class SseReader {

    /// One event may be this long; an engine that sends more is broken.
    public static final int MAX_EVENT_BYTES = 16 * 1024 * 1024;

    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

    private final Consumer<byte[]> onData;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    private final ByteArrayOutputStream data = new ByteArrayOutputStream(512);
    private boolean dataSeen;

    public SseReader(Consumer<byte[]> onData) {
        this.onData = onData;
    }

    /// @throws IllegalStateException when an event outgrows [#MAX_EVENT_BYTES]
    public void read(Buffer bytes) {
        byte[] chunk = bytes.getBytes();
        int start = 0;
        for (int i = 0; i < chunk.length; i++) {
            if (chunk[i] == '\n') {
                line.write(chunk, start, i - start);
                endOfLine();
                start = i + 1;
            }
        }
        line.write(chunk, start, chunk.length - start);
        if (line.size() + data.size() > MAX_EVENT_BYTES) {
            throw new IllegalStateException(
                    "an event of more than " + MAX_EVENT_BYTES + " bytes (expected: at most that)");
        }
    }

    /// The stream is over: a last event without its blank line counts too.
    public void end() {
        if (line.size() > 0) {
            endOfLine();
        }
        endOfEvent();
    }

    private void endOfLine() {
        byte[] text = line.toByteArray();
        line.reset();
        int length = text.length;
        if (length > 0 && text[length - 1] == '\r') {
            length--;
        }
        if (length == 0) {
            endOfEvent();
        } else if (isData(text, length)) {
            int from = DATA.length;
            if (from < length && text[from] == ' ') {
                from++;
            }
            if (dataSeen) {
                data.write('\n');
            }
            data.write(text, from, length - from);
            dataSeen = true;
        }
    }

    private void endOfEvent() {
        if (dataSeen) {
            byte[] payload = data.toByteArray();
            data.reset();
            dataSeen = false;
            onData.accept(payload);
        }
    }

    private static boolean isData(byte[] text, int length) {
        if (length < DATA.length) {
            return false;
        }
        for (int i = 0; i < DATA.length; i++) {
            if (text[i] != DATA[i]) {
                return false;
            }
        }
        return true;
    }
}
