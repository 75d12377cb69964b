package mooring.engine.wire;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.inference.StreamEvent;
import org.jspecify.annotations.Nullable;

/// One streamed completion, of a chat or of raw texts, from its first byte to its end.
///
/// Runs on one event loop, so that its fields need no locks. Whatever happens, the listener hears
/// exactly one end, and nothing after [#cancel].
public final class ChatCall implements EngineStream {

    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
    private static final CharSequence EVENT_STREAM =
            HttpHeaders.createOptimized("text/event-stream");

    private final EngineListener listener;
    private final ChunkReader chunks;
    private final SseReader events;

    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;
    private boolean over;
    private boolean dispatched;
    private boolean paused;

    /// @param filter sees every event on its way to the listener and may replace it
    public ChatCall(EngineListener listener, EventFilter filter, Consumer<EngineTimings> timings) {
        this.listener = listener;
        WholeCharacters whole = new WholeCharacters(event -> filter.accept(event, this::deliver));
        this.chunks = new ChunkReader(whole::accept, timings);
        this.events = new SseReader(this::data);
    }

    /// What an adapter does to events: pass, replace, drop, or make several of one.
    @FunctionalInterface
    public interface EventFilter {
        void accept(StreamEvent event, Consumer<StreamEvent> next);
    }

    /// @param traceparent sent along, null for none
    public void start(EngineHttp http, String path, Buffer body, @Nullable String traceparent) {
        http.request(HttpMethod.POST, path)
                .onFailure(this::failed)
                .onSuccess(
                        opened -> {
                            request = opened;
                            if (over) {
                                opened.reset();
                                return;
                            }
                            dispatched = true;
                            if (traceparent != null) {
                                opened.putHeader("traceparent", traceparent);
                            }
                            opened.putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                                    .putHeader(HttpHeaders.ACCEPT, EVENT_STREAM);
                            EngineHttp.send(opened, body)
                                    .onFailure(this::failed)
                                    .onSuccess(this::answered);
                        });
    }

    private void answered(HttpClientResponse answer) {
        if (over) {
            return;
        }
        response = answer;
        if (answer.statusCode() != 200) {
            EngineHttp.failure(answer).onFailure(this::failed).onSuccess(failure -> fail(failure));
            return;
        }
        listener.connected();
        answer.exceptionHandler(
                cause ->
                        fail(
                                new EngineFailure.Broken(
                                        "the stream broke off: " + cause.getMessage())));
        answer.handler(this::read);
        answer.endHandler(_ -> ended());
        if (paused) {
            answer.pause();
        }
    }

    private void read(Buffer bytes) {
        if (over) {
            return;
        }
        // A throwing handler would silently drop the rest of the stream.
        try {
            events.read(bytes);
        } catch (RuntimeException e) {
            broken(e);
        }
    }

    private void data(byte[] bytes, int from, int length) {
        if (over) {
            return;
        }
        if (Arrays.equals(bytes, from, from + length, DONE, 0, DONE.length)) {
            end();
        } else {
            chunks.read(bytes, from, length);
        }
    }

    private void deliver(StreamEvent event) {
        if (!over) {
            listener.event(event);
        }
    }

    /// The connection ended cleanly; whether the answer did is for the listener to judge.
    private void ended() {
        if (!over) {
            try {
                events.end();
                end();
            } catch (RuntimeException e) {
                broken(e);
            }
        }
    }

    private void end() {
        if (!over) {
            over = true;
            listener.event(new StreamEvent.Ended());
        }
    }

    private void broken(RuntimeException cause) {
        if (over) {
            return;
        }
        // Over before it is closed: the closing is heard as a stream that broke off.
        over = true;
        close();
        listener.failed(
                cause instanceof EngineException known
                        ? known.failure()
                        : new EngineFailure.Broken("an unreadable stream: " + cause));
    }

    private void failed(Throwable cause) {
        fail(EngineHttp.unreachable(cause).failure());
    }

    private void fail(EngineFailure failure) {
        if (!over) {
            over = true;
            listener.failed(failure);
        }
    }

    @Override
    public void pause() {
        if (paused) {
            return;
        }
        paused = true;
        if (response != null && !over) {
            response.pause();
        }
    }

    @Override
    public void resume() {
        if (!paused) {
            return;
        }
        paused = false;
        if (response != null && !over) {
            response.resume();
        }
    }

    @Override
    public boolean dispatched() {
        return dispatched;
    }

    @Override
    public void cancel() {
        if (!over) {
            over = true;
            close();
        }
    }

    /// HTTP/1 has no other way to say stop than to close the connection.
    private void close() {
        if (request != null) {
            request.reset();
        }
    }
}
