package mooring.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Arrays;

/// A body's bytes as they come, in one array: where a large one arrived, it is decoded, and its
/// texts are sent on from there. What a sender announces, and the budget has set aside, is taken
/// only once a part of it came.
final class Gathered {

    /// The first array, enough for most bodies.
    private static final int FIRST_BYTES = 4 * 1024;

    private static final int GROWTH = 2;

    /// Who has sent so much means to send the rest.
    private static final int BELIEVED_BYTES = 256 * 1024;

    private final long announced;
    private byte[] bytes;
    private int length;

    /// @param announced how many bytes are to come, below 0 when that is not known
    Gathered(long announced) {
        this.announced = announced;
        this.bytes = new byte[announced < 0 ? FIRST_BYTES : (int) Math.min(announced, FIRST_BYTES)];
    }

    void add(Buffer part) {
        ByteBuf from = ((BufferInternal) part).getByteBuf();
        int more = from.readableBytes();
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, grown(length + more));
        }
        from.readBytes(bytes, length, more);
        length += more;
    }

    private int grown(int needed) {
        long size = (long) GROWTH * needed;
        if (needed <= announced) {
            size = needed > BELIEVED_BYTES ? announced : Math.min(announced, size);
        }
        return (int) Math.min(size, Integer.MAX_VALUE - Long.BYTES);
    }

    int length() {
        return length;
    }

    /// All of it; nothing is kept here.
    Buffer take() {
        byte[] all = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        bytes = new byte[0];
        return BufferInternal.buffer(Unpooled.wrappedBuffer(all));
    }
}
