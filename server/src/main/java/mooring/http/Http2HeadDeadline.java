package mooring.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes a connection of HTTP/2 on which something begins and does not end: the preface with its
/// settings, a head with all its continuations, or any other frame. Sees the bytes before they are
/// decoded, since what is not whole is never heard of behind the decoder.
public final class Http2HeadDeadline extends ChannelInboundHandlerAdapter {

    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int FRAME_HEAD_BYTES = 9;
    private static final int TYPE_AT = 3;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int CONTINUATION = 9;
    private static final int END_HEADERS = 0x4;

    private final Duration headTimeout;
    private final Duration bodyTimeout;

    private int prefaceBytes;
    private boolean settled;
    private int headBytes;
    private int payload;
    private int type;
    private int flags;
    private boolean headOpen;

    /// Counts what has begun, so that the deadline of one thing is not taken for the next one's.
    private long begun;

    private long watched;

    private boolean watchedAsBody;
    private @Nullable Future<?> deadline;

    /// @param headTimeout from the first byte of whatever it is to its last
    /// @param bodyTimeout the same for a frame of a body, which has its own deadline besides
    public Http2HeadDeadline(Duration headTimeout, Duration bodyTimeout) {
        this.headTimeout = headTimeout;
        this.bodyTimeout = bodyTimeout;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        watch(context);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        cancel();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        cancel();
        context.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            if (follow(bytes)) {
                watch(context);
            } else {
                // No HTTP/2: the decoder will say so.
                context.pipeline().remove(this);
            }
        }
        context.fireChannelRead(message);
    }

    /// Whether this is HTTP/2 at all.
    private boolean follow(ByteBuf bytes) {
        int at = bytes.readerIndex();
        int end = bytes.writerIndex();
        while (at < end && prefaceBytes < PREFACE.length) {
            if (bytes.getByte(at++) != PREFACE[prefaceBytes++]) {
                return false;
            }
        }
        while (at < end) {
            if (headBytes < FRAME_HEAD_BYTES) {
                head(bytes.getUnsignedByte(at++));
            } else {
                int some = Math.min(payload, end - at);
                at += some;
                payload -= some;
            }
            if (headBytes == FRAME_HEAD_BYTES && payload == 0) {
                frameEnded();
            }
        }
        return true;
    }

    private void head(int next) {
        if (headBytes == 0) {
            payload = 0;
            if (!headOpen && settled) {
                begun++;
            }
        }
        switch (headBytes++) {
            case 0, 1, 2 -> payload = payload << Byte.SIZE | next;
            case TYPE_AT -> type = next;
            case 4 -> flags = next;
            default -> {
                // The stream's number.
            }
        }
    }

    private void frameEnded() {
        headBytes = 0;
        settled = true;
        boolean last = (flags & END_HEADERS) != 0;
        if (type == HEADERS) {
            headOpen = !last;
        } else if (type == CONTINUATION && last) {
            headOpen = false;
        }
    }

    private boolean unfinished() {
        return !settled || headOpen || headBytes > 0;
    }

    private void watch(ChannelHandlerContext context) {
        if (!unfinished()) {
            cancel();
            return;
        }
        boolean body = settled && !headOpen && headBytes > TYPE_AT && type == DATA;
        if (deadline == null || watched != begun || watchedAsBody != body) {
            cancel();
            watched = begun;
            watchedAsBody = body;
            Duration limit = body ? bodyTimeout : headTimeout;
            deadline =
                    context.executor()
                            .schedule(
                                    () -> {
                                        var _ = context.close();
                                    },
                                    limit.toMillis(),
                                    TimeUnit.MILLISECONDS);
        }
    }

    private void cancel() {
        Future<?> running = deadline;
        deadline = null;
        if (running != null) {
            running.cancel(false);
        }
    }
}
