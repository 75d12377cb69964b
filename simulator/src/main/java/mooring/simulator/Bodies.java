package mooring.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.Function;
import mooring.simulator.answer.RefusedException;

/// Reads request bodies as JSON, long ones away from the event loop.
final class Bodies {

    /// A prompt of some ten million tokens; more than any test has reason to send.
    private static final int MAX_BYTES = 64 << 20;

    /// From here on parsing would hold up running streams.
    private static final int WORKER_BYTES = 256 << 10;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Vertx vertx;

    Bodies(Vertx vertx) {
        this.vertx = vertx;
    }

    /// Reads the body, makes something of it, and hands that over on the event loop.
    <T> void read(HttpServerRequest request, Function<JsonNode, T> make, Consumer<T> then) {
        Buffer body = Buffer.buffer();
        request.handler(
                part -> {
                    if (body.length() + part.length() > MAX_BYTES) {
                        request.connection().close();
                    } else {
                        body.appendBuffer(part);
                    }
                });
        request.endHandler(ignored -> parse(request, body, make, then));
    }

    private <T> void parse(
            HttpServerRequest request, Buffer body, Function<JsonNode, T> make, Consumer<T> then) {
        if (body.length() < WORKER_BYTES) {
            guarded(request, () -> then.accept(make.apply(tree(body))));
            return;
        }
        vertx.executeBlocking(() -> make.apply(tree(body)), false)
                .onSuccess(made -> guarded(request, () -> then.accept(made)))
                .onFailure(failure -> Replies.failed(request.response(), failure));
    }

    /// Vert.x drops what a handler throws, and the client would wait for ever.
    private static void guarded(HttpServerRequest request, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            Replies.failed(request.response(), e);
        }
    }

    private static JsonNode tree(Buffer body) {
        try {
            return JSON.readTree(body.getBytes());
        } catch (JsonProcessingException e) {
            throw new RefusedException(400, "body: not JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new RefusedException(400, "body: unreadable: " + e.getMessage());
        }
    }
}
