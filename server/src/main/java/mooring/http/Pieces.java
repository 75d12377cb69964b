package mooring.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import org.jspecify.annotations.Nullable;

/// A body's bytes as they come, in pieces that are never copied to make room for more: a large one
/// takes what it has, and leaves no garbage behind.
final class Pieces {

    /// The first piece, enough for most bodies.
    private static final int FIRST_BYTES = 4 * 1024;

    private static final int MOST_BYTES = 1024 * 1024;

    private ByteBuf last;
    private @Nullable CompositeByteBuf whole;
    private int length;

    /// @param announced how many bytes are to come, below 0 when that is not known
    Pieces(long announced) {
        int bytes = announced < 0 ? FIRST_BYTES : (int) Math.min(announced, FIRST_BYTES);
        last = Unpooled.buffer(bytes, bytes);
    }

    void add(Buffer part) {
        ByteBuf from = ((BufferInternal) part).getByteBuf();
        length += from.readableBytes();
        while (from.isReadable()) {
            if (!last.isWritable()) {
                grow(from.readableBytes());
            }
            last.writeBytes(from, Math.min(from.readableBytes(), last.writableBytes()));
        }
    }

    /// As large as all before it, within bounds.
    private void grow(int needed) {
        pieces().addComponent(true, last);
        int bytes = Math.clamp(Math.max(needed, length), FIRST_BYTES, MOST_BYTES);
        last = Unpooled.buffer(bytes, bytes);
    }

    int length() {
        return length;
    }

    private CompositeByteBuf pieces() {
        CompositeByteBuf known = whole;
        if (known == null) {
            known = Unpooled.compositeBuffer(Integer.MAX_VALUE);
            whole = known;
        }
        return known;
    }

    /// All of it; nothing is kept here.
    Buffer take() {
        ByteBuf all = whole == null ? last : whole.addComponent(true, last);
        whole = null;
        last = Unpooled.EMPTY_BUFFER;
        return BufferInternal.buffer(all);
    }
}
