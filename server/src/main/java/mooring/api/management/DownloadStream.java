package mooring.api.management;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.http.Exchange;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;

/// Carries a download from a thread that may block to the event loop, no faster than its caller
/// reads.
final class DownloadStream extends OutputStream {

    /// Collected before it is handed to the event loop.
    private static final int PIECE_BYTES = 64 * 1024;

    /// A caller who reads nothing for so long is given up.
    private static final Duration STALL = Duration.ofSeconds(60);

    /// The caller has gone, or does not read: whoever writes stops.
    static final class Gone extends IOException {
        private static final long serialVersionUID = 1;

        Gone(String why) {
            super(why);
        }
    }

    private final Exchange exchange;
    private final Download download;
    private final Deadline deadline;
    private Buffer piece = Buffer.buffer(PIECE_BYTES);
    private boolean begun;

    /// Of the write under way; touched on the event loop alone.
    private @Nullable CompletableFuture<Void> waiting;

    DownloadStream(Exchange exchange, Download download) {
        this.exchange = exchange;
        this.download = download;
        this.deadline = Deadline.in(download.longest());
    }

    /// Sends all of it; blocking.
    ///
    /// @return null when all was sent, else why it was cut short: there is no answer left to give
    @Nullable Exception send() {
        try {
            download.content().write(this);
            send(true);
            return null;
        } catch (IOException | RuntimeException e) {
            if (!begun) {
                throw e instanceof RuntimeException early
                        ? early
                        : new UncheckedIOException((IOException) e);
            }
            exchange.context().runOnContext(_ -> cut());
            return e;
        }
    }

    @Override
    public void write(int single) throws IOException {
        write(new byte[] {(byte) single}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
        piece.appendBytes(from, offset, length);
        if (piece.length() >= PIECE_BYTES) {
            send(false);
        }
    }

    private void send(boolean last) throws IOException {
        if (deadline.passed()) {
            throw new Gone("it took more than " + download.longest().toMinutes() + " min");
        }
        Buffer full = piece;
        piece = Buffer.buffer(PIECE_BYTES);
        CompletableFuture<Void> written = new CompletableFuture<>();
        begun = true;
        exchange.context().runOnContext(_ -> write(full, last, written));
        try {
            written.get(STALL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new Gone("nothing was read for " + STALL.toSeconds() + " s");
        } catch (ExecutionException e) {
            throw new Gone("the caller has gone");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Gone("interrupted");
        }
    }

    private void write(Buffer full, boolean last, CompletableFuture<Void> written) {
        HttpServerResponse response = exchange.response();
        if (response.closed() || response.ended()) {
            written.completeExceptionally(new Gone("closed"));
            return;
        }
        if (!response.headWritten()) {
            response.setStatusCode(200)
                    .setChunked(true)
                    .putHeader("content-type", download.contentType())
                    .putHeader(
                            "content-disposition",
                            "attachment; filename=\"" + download.fileName() + "\"");
            response.closeHandler(_ -> fail());
            response.exceptionHandler(_ -> fail());
            exchange.request().resume();
        }
        if (last) {
            response.end(full);
            written.complete(null);
            return;
        }
        response.write(full);
        if (response.writeQueueFull()) {
            waiting = written;
            response.drainHandler(
                    _ -> {
                        waiting = null;
                        written.complete(null);
                    });
        } else {
            written.complete(null);
        }
    }

    private void fail() {
        CompletableFuture<Void> now = waiting;
        waiting = null;
        if (now != null) {
            now.completeExceptionally(new Gone("closed"));
        }
    }

    /// Ends without the last chunk, which every client takes for what it is: a broken answer.
    private void cut() {
        if (!exchange.response().ended()) {
            exchange.cut();
        }
    }
}
