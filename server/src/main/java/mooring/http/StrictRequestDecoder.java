package mooring.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Reads request heads more strictly than its base: a head has a deadline from its first byte, and
/// a message whose end could be read in two ways is refused rather than guessed, since the next
/// proxy may guess otherwise. What follows a refused head is never read as a request.
public final class StrictRequestDecoder extends VertxHttpRequestDecoder {

    private static final String DECODER = "httpDecoder";

    private final Duration headTimeout;
    private boolean inBody;
    private @Nullable Future<?> deadline;

    private StrictRequestDecoder(HttpServerOptions options, Duration headTimeout) {
        super(options);
        this.headTimeout = headTimeout;
    }

    /// Puts one in the place of a new connection's decoder; called before anything is read.
    ///
    /// @param headTimeout from the first byte of a head to its end
    public static void install(
            HttpConnection connection, HttpServerOptions options, Duration headTimeout) {
        if (connection instanceof ConnectionBase base
                && base.channel().pipeline().get(DECODER) != null) {
            base.channel()
                    .pipeline()
                    .replace(DECODER, DECODER, new StrictRequestDecoder(options, headTimeout));
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
            throws Exception {
        boolean bytes = in.isReadable();
        int before = out.size();
        super.decode(context, in, out);
        for (int i = before; i < out.size(); i++) {
            Object decoded = out.get(i);
            if (decoded instanceof HttpRequest) {
                inBody = true;
                headArrived();
            }
            if (decoded instanceof LastHttpContent) {
                inBody = false;
            } else if (decoded instanceof HttpContent part) {
                out.set(i, onHeap(part));
            }
        }
        if (bytes && !inBody && deadline == null && out.size() == before) {
            deadline =
                    context.executor()
                            .schedule(
                                    () -> {
                                        var _ = context.close();
                                    },
                                    headTimeout.toMillis(),
                                    TimeUnit.MILLISECONDS);
        }
    }

    /// A part of a body, copied here instead of a step later. What waits in a paused connection
    /// would else be the socket's own memory, several times what it holds, and is given back by
    /// nobody when that connection breaks off.
    private static HttpContent onHeap(HttpContent part) {
        ByteBuf bytes = part.content();
        ByteBuf copy = Unpooled.buffer(bytes.readableBytes());
        copy.writeBytes(bytes);
        bytes.release();
        return new DefaultHttpContent(copy);
    }

    /// Called where a head is whole, and where what is thrown makes it an invalid one.
    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        List<String> codings = message.headers().getAll("transfer-encoding");
        if (!codings.isEmpty()) {
            if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
                throw new IllegalArgumentException("a Transfer-Encoding other than chunked");
            }
            if (!message.protocolVersion().isKeepAliveDefault()) {
                throw new IllegalArgumentException("a Transfer-Encoding before HTTP/1.1");
            }
        }
        if (message.headers().contains("")) {
            throw new IllegalArgumentException("a header without a name");
        }
        return super.isContentAlwaysEmpty(message);
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Transfer-Encoding and Content-Length");
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) throws Exception {
        headArrived();
        super.handlerRemoved0(context);
    }

    private void headArrived() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }
}
