package mooring.api;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import mooring.http.Exchange;
import mooring.http.Recording;
import org.jspecify.annotations.Nullable;

/// A response of server-sent events. What is written within one turn of the event loop leaves in
/// one write.
public final class EventStream {

    private static final Buffer KEEP_ALIVE = Buffer.buffer(": keep-alive\n\n");

    private final Exchange exchange;
    private final ClientPresence presence;
    private @Nullable Buffer pending;
    private boolean begun;
    private boolean over;

    public EventStream(Exchange exchange) {
        this.exchange = exchange;
        this.presence = new ClientPresence(exchange.response());
    }

    /// Whether status 200 is on its way, so that an error can only be told inside the stream.
    public boolean begun() {
        return begun;
    }

    /// Sends the status.
    public void begin() {
        if (!begun) {
            begun = true;
            exchange.response()
                    .setStatusCode(200)
                    .setChunked(true)
                    .putHeader("content-type", "text/event-stream; charset=utf-8")
                    .putHeader("x-accel-buffering", "no");
        }
    }

    /// A comment, which every client skips.
    public void keepAlive() {
        begin();
        send(KEEP_ALIVE.copy());
    }

    /// @param events belong to this stream from here on: more may be added behind them
    public void write(Buffer events) {
        begin();
        Recording copy = exchange.recording();
        if (copy != null) {
            copy.piece(events);
        }
        send(events);
    }

    private void send(Buffer events) {
        if (over || exchange.response().closed()) {
            return;
        }
        if (pending == null) {
            pending = events;
            exchange.context().runOnContext(_ -> flush());
        } else {
            pending.appendBuffer(events);
        }
    }

    public void end() {
        if (over) {
            return;
        }
        over = true;
        presence.over();
        Recording copy = exchange.recording();
        if (copy == null) {
            leave();
        } else {
            copy.end("text/event-stream; charset=utf-8", this::leave);
        }
    }

    private void leave() {
        exchange.record(null);
        Buffer bytes = pending;
        pending = null;
        HttpServerResponse response = exchange.response();
        if (!response.closed() && !response.ended()) {
            if (bytes == null) {
                response.end();
            } else {
                response.end(bytes);
            }
        }
    }

    /// Nothing was streamed and nothing will be: the answer takes another form.
    public void abandon() {
        over = true;
        presence.over();
    }

    public boolean writable() {
        return !exchange.response().writeQueueFull();
    }

    public void onWritable(Runnable action) {
        exchange.response().drainHandler(_ -> action.run());
    }

    /// Ends the connection of a client who does not read, with what waits for it.
    public void drop() {
        pending = null;
        exchange.drop();
        presence.dropped();
    }

    public void onGone(Runnable action) {
        presence.onGone(action);
    }

    private void flush() {
        Recording copy = exchange.recording();
        if (copy != null && copy.holds()) {
            return;
        }
        Buffer bytes = pending;
        pending = null;
        if (bytes != null && !exchange.response().closed() && !exchange.response().ended()) {
            exchange.response().write(bytes);
        }
    }
}
