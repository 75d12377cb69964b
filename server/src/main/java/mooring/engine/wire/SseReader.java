package mooring.engine.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts a byte stream into the payloads of its server-sent events, however the bytes arrive.
///
/// Works on bytes and hands over whole lines only, so that no code point is ever cut. Comments and
/// fields other than `data` are skipped; several `data` lines of one event are joined by a newline.
public final class SseReader {

    /// One event may be this long; an engine that sends more is broken.
    public static final int MAX_EVENT_BYTES = 16 * 1024 * 1024;

    private static final byte NEWLINE = '\n';
    private static final byte[] NOTHING = {};
    private static final byte[] DATA = {'d', 'a', 't', 'a', ':'};

    /// Hears each event's payload, where it came: of most nothing is copied.
    @FunctionalInterface
    public interface Payloads {

        /// @param bytes the payload from `from` on; only for the time of the call
        void accept(byte[] bytes, int from, int length);
    }

    private final Payloads payloads;

    /// The beginning of a line whose end has not come; most come whole.
    private @Nullable ByteArrayOutputStream begun;

    private byte[] data = NOTHING;
    private int dataFrom;
    private int dataLength;
    private boolean dataSeen;

    public SseReader(Payloads payloads) {
        this.payloads = payloads;
    }

    /// @param bytes stay as they are, also behind this call: an event may go on in the next ones
    /// @throws IllegalStateException when an event outgrows [#MAX_EVENT_BYTES]
    public void read(Buffer bytes) {
        ByteBuf piece = ((BufferInternal) bytes).getByteBuf();
        if (!piece.hasArray()) {
            piece = Unpooled.wrappedBuffer(bytes.getBytes());
        }
        byte[] array = piece.array();
        // Where the array has what the piece counts as its byte 0.
        int base = piece.arrayOffset();
        int start = piece.readerIndex();
        int end = piece.writerIndex();
        // Looks at eight bytes at once.
        for (int i = piece.indexOf(start, end, NEWLINE);
                i >= 0;
                i = piece.indexOf(start, end, NEWLINE)) {
            endOfLine(array, base + start, base + i);
            start = i + 1;
        }
        int size = dataLength;
        if (start < end) {
            size += keep(array, base + start, base + end).size();
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
            if (dataSeen) {
                join(text, from, end);
            } else {
                data = text;
                dataFrom = from;
                dataLength = end - from;
                dataSeen = true;
            }
        }
    }

    private void endOfEvent() {
        if (dataSeen) {
            byte[] payload = data;
            int from = dataFrom;
            int length = dataLength;
            data = NOTHING;
            dataFrom = 0;
            dataLength = 0;
            dataSeen = false;
            payloads.accept(payload, from, length);
        }
    }

    private void join(byte[] text, int from, int end) {
        byte[] both = Arrays.copyOfRange(data, dataFrom, dataFrom + dataLength + 1 + end - from);
        both[dataLength] = '\n';
        System.arraycopy(text, from, both, dataLength + 1, end - from);
        data = both;
        dataFrom = 0;
        dataLength = both.length;
    }

    private static boolean isData(byte[] text, int start, int end) {
        return end - start >= DATA.length
                && Arrays.equals(text, start, start + DATA.length, DATA, 0, DATA.length);
    }
}
