package mooring.engine.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import mooring.engine.EngineException;
import mooring.engine.EngineFailure;
import mooring.engine.EngineListener;
import mooring.engine.EngineStream;
import mooring.inference.Extras;
import mooring.inference.FinishReason;
import mooring.inference.JsonText;
import mooring.inference.StreamEvent;
import mooring.inference.Task;
import mooring.inference.Usage;
import mooring.json.Json;
import org.jspecify.annotations.Nullable;

/// One `POST /v1/embeddings`: a whole answer, told as one piece, one end and one count.
///
/// The vectors stay JSON as the engine wrote them; it is only checked that there is one for each
/// input, and that it consists of numbers.
public final class EmbeddingCall implements EngineStream {

    /// Two thousand vectors of three thousand numbers.
    private static final int MAX_ANSWER_BYTES = 128 << 20;

    /// Answers above this are read on a worker, so that streams keep flowing.
    private static final int READ_ON_WORKER_BYTES = 256 * 1024;

    private final EngineListener listener;
    private final int inputs;
    private final Buffer answer = Buffer.buffer();
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;
    private boolean paused;
    private boolean dispatched;
    private boolean over;

    private EmbeddingCall(EngineListener listener, int inputs) {
        this.listener = listener;
        this.inputs = inputs;
    }

    /// @param model the model's name on that engine
    /// @param traceparent sent along, null for none
    public static EngineStream open(
            EngineHttp http,
            String model,
            Task.Embed task,
            @Nullable String traceparent,
            EngineListener listener) {
        EmbeddingCall call = new EmbeddingCall(listener, task.inputs().size());
        Buffer body =
                ChatBody.json(
                        json -> {
                            json.writeStringField("model", model);
                            RawInput.write(json, "input", task.inputs());
                            json.writeStringField("encoding_format", "float");
                            if (task.dimensions() != null) {
                                json.writeNumberField("dimensions", task.dimensions());
                            }
                        });
        call.start(http, body, traceparent);
        return call;
    }

    private void start(EngineHttp http, Buffer body, @Nullable String traceparent) {
        http.request(HttpMethod.POST, "/v1/embeddings")
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
                            opened.putHeader("content-type", "application/json");
                            EngineHttp.send(opened, body)
                                    .onFailure(this::failed)
                                    .onSuccess(this::answered);
                        });
    }

    private void answered(HttpClientResponse answered) {
        if (over) {
            return;
        }
        response = answered;
        if (answered.statusCode() != 200) {
            EngineHttp.failure(answered).onFailure(this::failed).onSuccess(this::fail);
            return;
        }
        listener.connected();
        answered.exceptionHandler(
                cause ->
                        fail(
                                new EngineFailure.Broken(
                                        "the answer broke off: " + cause.getMessage())));
        answered.handler(this::gather);
        answered.endHandler(_ -> ended());
        if (paused) {
            answered.pause();
        }
    }

    private void gather(Buffer part) {
        if (over) {
            return;
        }
        if (answer.length() + part.length() > MAX_ANSWER_BYTES) {
            fail(new EngineFailure.Broken("vectors of more than " + MAX_ANSWER_BYTES + " bytes"));
            close();
            return;
        }
        answer.appendBuffer(part);
    }

    private record Read(JsonText data, @Nullable Usage usage) {}

    private void ended() {
        if (over) {
            return;
        }
        if (answer.length() < READ_ON_WORKER_BYTES) {
            try {
                tell(read());
            } catch (RuntimeException e) {
                failed(e);
            }
        } else {
            Vertx.currentContext()
                    .<Read>executeBlocking(this::read, false)
                    .onSuccess(this::tell)
                    .onFailure(this::failed);
        }
    }

    private void tell(Read read) {
        if (over) {
            return;
        }
        over = true;
        listener.event(
                new StreamEvent.Delta(
                        0,
                        null,
                        null,
                        null,
                        List.of(),
                        null,
                        new Extras(Map.of(), Map.of(Task.Embed.VECTORS, read.data()), Map.of())));
        listener.event(new StreamEvent.Finished(0, FinishReason.STOP, Extras.NONE));
        if (read.usage() != null) {
            listener.event(new StreamEvent.UsageReported(read.usage()));
        }
        listener.event(new StreamEvent.Ended());
    }

    private Read read() {
        JsonText data = null;
        Usage usage = null;
        try (JsonParser parser = Json.FACTORY.createParser(answer.getBytes())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw broken("vectors that are no object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String field = parser.currentName();
                parser.nextToken();
                switch (field) {
                    case "data" -> data = ChunkReader.raw(parser);
                    case "usage" -> usage = usage(parser);
                    default -> parser.skipChildren();
                }
            }
            if (data == null) {
                throw broken("an answer without vectors");
            }
            requireOneForEach(data);
        } catch (IOException e) {
            throw broken("vectors that are no JSON: " + e.getMessage());
        }
        return new Read(data, usage);
    }

    private void requireOneForEach(JsonText data) throws IOException {
        int found = 0;
        try (JsonParser parser = Json.FACTORY.createParser(data.text())) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw broken("vectors that are no array");
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                requireNumbers(parser);
                found++;
            }
        }
        if (found != inputs) {
            throw broken("the engine's vectors: " + found + " (expected: " + inputs + ")");
        }
    }

    /// What is no vector is the engine's fault, and found before anything is charged for it.
    private static void requireNumbers(JsonParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw broken("a vector that is no object");
        }
        boolean vector = false;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            boolean embedding = parser.currentName().equals("embedding");
            JsonToken value = parser.nextToken();
            if (!embedding) {
                parser.skipChildren();
                continue;
            }
            if (value != JsonToken.START_ARRAY) {
                throw broken("a vector that is no array: " + parser.getText());
            }
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (!parser.currentToken().isNumeric()) {
                    throw broken("a vector with " + parser.getText() + " (expected: numbers)");
                }
            }
            vector = true;
        }
        if (!vector) {
            throw broken("a vector without embedding");
        }
    }

    /// Only the prompt counts: nothing is written.
    private static @Nullable Usage usage(JsonParser parser) throws IOException {
        Usage usage = null;
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            return null;
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String field = parser.currentName();
            JsonToken value = parser.nextToken();
            if (field.equals("prompt_tokens") && value == JsonToken.VALUE_NUMBER_INT) {
                long tokens = parser.getLongValue();
                if (tokens < 0) {
                    throw broken("usage with prompt_tokens " + tokens);
                }
                usage = Usage.ofPrompt(tokens, 0, 0, 0);
            } else {
                parser.skipChildren();
            }
        }
        return usage;
    }

    private static EngineException broken(String message) {
        return new EngineException(new EngineFailure.Broken(message));
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
        paused = true;
        if (response != null && !over) {
            response.pause();
        }
    }

    @Override
    public void resume() {
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

    private void close() {
        if (request != null) {
            request.reset();
        }
    }
}
