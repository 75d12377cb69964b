package mooring.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.compression.JdkZlibDecoder;
import io.netty.handler.codec.compression.ZlibWrapper;
import io.vertx.core.buffer.Buffer;
import java.util.function.Consumer;
import mooring.problem.Problem;
import mooring.problem.ProblemException;
import org.jspecify.annotations.Nullable;

/// Unpacks a compressed body piece by piece, so that it can be refused as soon as it has grown too
/// large.
final class Inflater {

    /// Unpacked at a time. Deflate makes at most a thousand bytes of one: no bomb has more than a
    /// few megabytes before it is refused.
    private static final int STEP_BYTES = 4 * 1024;

    private final EmbeddedChannel channel;

    private Inflater(ZlibWrapper wrapper) {
        this.channel = new EmbeddedChannel(new JdkZlibDecoder(wrapper, 0));
    }

    /// For a `Content-Encoding`; null for a body as it is.
    ///
    /// @throws ProblemException when the encoding is not read here
    static @Nullable Inflater of(@Nullable String encoding) {
        return switch (encoding == null ? "" : encoding.strip()) {
            case "", "identity" -> null;
            case "gzip", "x-gzip" -> new Inflater(ZlibWrapper.GZIP);
            case "deflate" -> new Inflater(ZlibWrapper.ZLIB_OR_NONE);
            default ->
                    throw new ProblemException(
                            new Problem.UnsupportedMediaType(
                                    "content-encoding: "
                                            + encoding
                                            + " (expected: gzip, deflate or none)"));
        };
    }

    /// @throws ProblemException when the bytes are not what they claim to be
    void unpack(Buffer packed, Consumer<Buffer> unpacked) {
        try {
            for (int from = 0; from < packed.length(); from += STEP_BYTES) {
                int to = Math.min(packed.length(), from + STEP_BYTES);
                channel.writeInbound(Unpooled.wrappedBuffer(packed.getBytes(from, to)));
                takeUnpacked(unpacked);
            }
        } catch (ProblemException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ProblemException(
                    new Problem.InvalidRequest(
                            null,
                            "body: not readable as its content-encoding says (expected: bytes that"
                                    + " are)"),
                    e);
        }
    }

    private void takeUnpacked(Consumer<Buffer> unpacked) {
        for (ByteBuf piece = channel.readInbound(); piece != null; piece = channel.readInbound()) {
            try {
                byte[] bytes = new byte[piece.readableBytes()];
                piece.readBytes(bytes);
                unpacked.accept(Buffer.buffer(bytes));
            } finally {
                piece.release();
            }
        }
    }

    void close() {
        channel.finishAndReleaseAll();
    }
}
