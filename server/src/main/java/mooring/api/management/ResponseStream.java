package mooring.api.management;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import mooring.http.Exchange;
import mooring.time.Deadline;
import org.jspecify.annotations.Nullable;

/// Carries a body from a thread that may block to the event loop, no faster than its caller reads.
final class ResponseStream {

    /// Collected before it is handed to the event loop.
    private static final int PIECE_CHARS = 32 * 1024;

    /// A caller who reads nothing for so long is given up.
    private static final Duration STALL = Duration.ofSeconds(60);

    private static final Duration LONGEST = Duration.ofHours(2);

    /// The caller has gone, or does not read: whoever writes stops.
    static final class Gone extends RuntimeException {
        private static final long serialVersionUID = 1;

        Gone(String why) {
            super(why, null, false, false);
        }
    }

    private final Exchange exchange;
    private final BodyStream body;
    private final StringBuilder piece = new StringBuilder();
    private final Deadline deadline = Deadline.in(LONGEST);
    private boolean begun;

    /// Of the write under way; touched on the event loop alone.
    private @Nullable CompletableFuture<Void> waiting;

    ResponseStream(Exchange exchange, BodyStream body) {
        this.exchange = exchange;
        this.body = body;
    }

    /// Sends all of it; blocking. Throws what the content throws as long as nothing was sent.
    void send() {
        try {
            body.content()
                    .write(
                            text -> {
                                piece.append(text);
                                if (piece.length() >= PIECE_CHARS) {
                                    flush(false);
                                }
                            });
            flush(true);
        } catch (RuntimeException e) {
            if (!begun) {
                throw e;
            }
            exchange.context().runOnContext(_ -> cut());
            throw new Gone(String.valueOf(e.getMessage()));
        }
    }

    private void flush(boolean last) {
        if (deadline.passed()) {
            throw new Gone("the export took more than " + LONGEST.toHours() + " h");
        }
        Buffer buffer = Buffer.buffer(piece.toString());
        piece.setLength(0);
        CompletableFuture<Void> written = new CompletableFuture<>();
        begun = true;
        exchange.context().runOnContext(_ -> write(buffer, last, written));
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

    private void write(Buffer buffer, boolean last, CompletableFuture<Void> written) {
        HttpServerResponse response = exchange.response();
        if (response.closed() || response.ended()) {
            written.completeExceptionally(new Gone("closed"));
            return;
        }
        if (!response.headWritten()) {
            response.setStatusCode(200)
                    .setChunked(true)
                    .putHeader("content-type", body.contentType())
                    .putHeader(
                            "content-disposition",
                            "attachment; filename=\"" + body.fileName() + "\"");
            response.closeHandler(_ -> fail());
            response.exceptionHandler(_ -> fail());
        }
        if (last) {
            response.end(buffer);
            written.complete(null);
            return;
        }
        response.write(buffer);
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
            exchange.request().connection().close();
        }
    }
}
