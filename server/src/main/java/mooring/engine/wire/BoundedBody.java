package mooring.engine.wire;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// The first bytes of an engine's answer, up to a bound in size and in time. What goes beyond is
/// not read: the connection ends.
///
/// @param whole whether the answer ended by itself
record BoundedBody(Buffer bytes, boolean whole) {

    /// To be called where the response's head is heard, before any of its body has gone by.
    static Future<BoundedBody> begin(HttpClientResponse response, int maxBytes, Duration atMost) {
        Promise<BoundedBody> promise = Promise.promise();
        Buffer read = Buffer.buffer();
        Runnable cut =
                () -> {
                    if (promise.tryComplete(new BoundedBody(read, false))) {
                        response.request().reset();
                    }
                };
        response.handler(
                piece -> {
                    int room = maxBytes - read.length();
                    if (piece.length() <= room) {
                        read.appendBuffer(piece);
                    } else if (!promise.future().isComplete()) {
                        read.appendBuffer(piece, 0, room);
                        cut.run();
                    }
                });
        response.endHandler(_ -> promise.tryComplete(new BoundedBody(read, true)));
        response.exceptionHandler(promise::tryFail);
        Context context = Vertx.currentContext();
        if (context != null) {
            long timer = context.owner().setTimer(atMost.toMillis(), _ -> cut.run());
            promise.future().onComplete(_ -> context.owner().cancelTimer(timer));
        }
        return promise.future();
    }

    /// Cut inside a character, its end is a replacement.
    String text() {
        return new String(bytes.getBytes(), StandardCharsets.UTF_8);
    }
}
