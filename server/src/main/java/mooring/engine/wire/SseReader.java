package mooring.engine.wire;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Cuts a byte stream into the payloads of its server-sent events, however the bytes arrive.
///
/// Works on bytes and hands over whole lines only, so that no code point is ever cut. Comments and
/// fields other than `data` are skipped; several `data` lines of one event are joined by a newline.
public final class SseReader {

    /// One event may be this long; an engine that sends more is broken.
    public static final int MAX_EVENT_BYTES = 16 * 1024 * 1024;

    private static final byte[] NOTHING = {};
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

    private final Consumer<byte[]> onData;

    /// The beginning of a line whose end has not come; most come whole.
    private @Nullable ByteArrayOutputStream begun;

    private byte[] data = NOTHING;
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
                endOfLine(chunk, start, i);
                start = i + 1;
            }
        }
        int size = data.length;
        if (start < chunk.length) {
            size += keep(chunk, start, chunk.length).size();
        }
        if (size > MAX_EVENT_BYTES) {
            throw new IllegalStateException(
                    "an event of more than " + MAX_EVENT_BYTES + " bytes (expected: at most that)");
        }
    }

    /// The stream is over: a last event without its blank line counts too.
    public void end() {
        if (begun != null) {
            endOfLine(NOTHING, 0, 0);
        }
        endOfEvent();
    }

    private ByteArrayOutputStream keep(byte[] bytes, int start, int end) {
        ByteArrayOutputStream line = begun;
        if (line == null) {
            line = new ByteArrayOutputStream(2 * (end - start));
            begun = line;
        }
        line.write(bytes, start, end - start);
        return line;
    }

    private void endOfLine(byte[] bytes, int start, int end) {
        if (begun == null) {
            line(bytes, start, end);
        } else {
            byte[] whole = keep(bytes, start, end).toByteArray();
            begun = null;
            line(whole, 0, whole.length);
        }
    }

    private void line(byte[] text, int start, int newline) {
        int end = newline > start && text[newline - 1] == '\r' ? newline - 1 : newline;
        if (start == end) {
            endOfEvent();
        } else if (isData(text, start, end)) {
            int from = start + DATA.length;
            if (from < end && text[from] == ' ') {
                from++;
            }
            byte[] line = Arrays.copyOfRange(text, from, end);
            data = dataSeen ? joined(data, line) : line;
            dataSeen = true;
        }
    }

    private void endOfEvent() {
        if (dataSeen) {
            byte[] payload = data;
            data = NOTHING;
            dataSeen = false;
            onData.accept(payload);
        }
    }

    private static byte[] joined(byte[] line, byte[] next) {
        byte[] both = Arrays.copyOf(line, line.length + 1 + next.length);
        both[line.length] = '\n';
        System.arraycopy(next, 0, both, line.length + 1, next.length);
        return both;
    }

    private static boolean isData(byte[] text, int start, int end) {
        return end - start >= DATA.length
                && Arrays.equals(text, start, start + DATA.length, DATA, 0, DATA.length);
    }
}
