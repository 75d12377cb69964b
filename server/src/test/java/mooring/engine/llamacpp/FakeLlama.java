package mooring.engine.llamacpp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import mooring.json.Json;

/// A stand-in for llama.cpp's server that answers what a test tells it to, in the server's shapes.
final class FakeLlama implements AutoCloseable {

    private static final int DEADLINE_SECONDS = 30;

    private final HttpServer server;
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    final Set<Integer> busySlots = ConcurrentHashMap.newKeySet();
    final AtomicInteger slotPolls = new AtomicInteger();
    volatile int totalSlots = 2;
    volatile boolean templateHasTools;
    volatile int propsStatus = 200;

    FakeLlama(Vertx vertx) {
        server =
                Calls.now(
                        vertx.createHttpServer()
                                .requestHandler(this::handle)
                                .listen(0, "127.0.0.1"));
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.actualPort());
    }

    @Override
    public void close() {
        Calls.now(server.close());
    }

    private void handle(HttpServerRequest request) {
        switch (request.path()) {
            case "/props" ->
                    request.response()
                            .setStatusCode(propsStatus)
                            .end(
                                    "{\"total_slots\":"
                                            + totalSlots
                                            + ",\"chat_template_caps\":{\"supports_tools\":"
                                            + templateHasTools
                                            + "}}");
            case "/slots" -> {
                slotPolls.incrementAndGet();
                StringBuilder slots = new StringBuilder("[");
                for (int i = 0; i < totalSlots; i++) {
                    slots.append(i == 0 ? "" : ",")
                            .append("{\"id\":")
                            .append(i)
                            .append(",\"is_processing\":")
                            .append(busySlots.contains(i))
                            .append('}');
                }
                request.response().end(slots.append(']').toString());
            }
            case "/v1/chat/completions" -> {
                Call call = new Call(request.response());
                request.connection().closeHandler(_ -> call.closed = true);
                request.body().onSuccess(body -> calls.add(call.with(body)));
            }
            default ->
                    request.body()
                            .onSuccess(
                                    body ->
                                            request.response()
                                                    .end(
                                                            "{\"input_tokens\":"
                                                                    + body.length()
                                                                    + "}"));
        }
    }

    /// The next request, waited for.
    Call next() {
        try {
            Call call = calls.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
            if (call == null) {
                throw new AssertionError("no request came");
            }
            return call;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    boolean idle() {
        return calls.isEmpty();
    }

    /// One request, and the answer to it piece by piece.
    static final class Call {

        private final HttpServerResponse response;
        private JsonNode body = Json.MAPPER.nullNode();
        private int generated;
        volatile boolean closed;

        private Call(HttpServerResponse response) {
            this.response = response;
        }

        private Call with(Buffer bytes) {
            try {
                body = Json.MAPPER.readTree(bytes.toString());
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException(e);
            }
            return this;
        }

        JsonNode body() {
            return body;
        }

        int slot() {
            return body.path("id_slot").asInt(-1);
        }

        boolean cache() {
            return body.path("cache_prompt").asBoolean();
        }

        void refuse(int status, String message) {
            response.setStatusCode(status)
                    .end(
                            "{\"error\":{\"code\":"
                                    + status
                                    + ",\"message\":\""
                                    + message
                                    + "\",\"type\":\"invalid_request_error\"}}");
        }

        Call progress(int total, int cached) {
            return event(
                    "{\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"role\":\"assistant\","
                            + "\"content\":null}}],\"system_fingerprint\":\"b0\",\"timings\":{\"cache_n\":0,"
                            + "\"prompt_n\":1,\"predicted_n\":0},\"prompt_progress\":{\"total\":"
                            + total
                            + ",\"cache\":"
                            + cached
                            + ",\"processed\":0,\"time_ms\":0}}");
        }

        /// Some text of one token.
        Call text(String text) {
            return text(text, 1);
        }

        Call text(String text, int tokens) {
            generated += tokens;
            return event(
                    "{\"choices\":[{\"finish_reason\":null,\"index\":0,\"delta\":{\"content\":"
                            + Json.MAPPER.valueToTree(text)
                            + "}}],\"system_fingerprint\":\"b0\",\"timings\":{\"cache_n\":0,"
                            + "\"prompt_n\":10,\"predicted_n\":"
                            + generated
                            + "}}");
        }

        Call finish(String reason) {
            return event(
                    "{\"choices\":[{\"finish_reason\":\""
                            + reason
                            + "\",\"index\":0,\"delta\":{}}]}");
        }

        void usage(int prompt, int cached, int output) {
            event(
                    "{\"choices\":[],\"usage\":{\"completion_tokens\":"
                            + output
                            + ",\"prompt_tokens\":"
                            + prompt
                            + ",\"prompt_tokens_details\":{\"cached_tokens\":"
                            + cached
                            + "}}}");
            event("[DONE]");
            response.end();
        }

        /// A normal end with what was generated.
        void done() {
            finish("stop").usage(10, 0, generated);
        }

        Call event(String payload) {
            return bytes(Buffer.buffer("data: " + payload + "\n\n"));
        }

        Call bytes(Buffer bytes) {
            if (!response.headWritten()) {
                response.setChunked(true).putHeader("content-type", "text/event-stream");
            }
            Calls.now(response.write(bytes));
            return this;
        }

        void cut() {
            response.reset();
        }
    }
}
