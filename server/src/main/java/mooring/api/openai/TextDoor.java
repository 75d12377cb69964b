package mooring.api.openai;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.function.BiFunction;
import java.util.function.Function;
import mooring.api.KeyedCalls;
import mooring.api.LargeBodies;
import mooring.catalog.Catalog;
import mooring.gateway.Arrival;
import mooring.http.Door;
import mooring.http.Exchange;
import mooring.problem.Problem;
import mooring.relay.Caller;
import mooring.time.Clock;

/// Raw text in: `/v1/completions` and `/v1/embeddings`, served the same way as a chat.
public final class TextDoor implements Door {

    private final LargeBodies bodies;

    private final KeyedCalls keyed;
    private final TextRequestReader texts;
    private final EmbeddingsReader embeddings;
    private final Clock clock;
    private final long maxBodyBytes;

    public TextDoor(
            Vertx vertx, KeyedCalls keyed, Catalog catalog, Clock clock, long maxBodyBytes) {
        this.bodies = new LargeBodies(vertx);
        this.keyed = keyed;
        this.texts = new TextRequestReader(catalog);
        this.embeddings = new EmbeddingsReader(catalog);
        this.clock = clock;
        this.maxBodyBytes = maxBodyBytes;
    }

    @Override
    public boolean open(Exchange exchange) {
        String path = exchange.request().path();
        switch (path) {
            case "/v1/completions" -> serve(exchange, texts::read, this::completion);
            case "/v1/embeddings" -> serve(exchange, embeddings::read, TextDoor::embedding);
            case null, default -> {
                return false;
            }
        }
        return true;
    }

    private <T> void serve(
            Exchange exchange,
            Function<Buffer, T> reader,
            BiFunction<Exchange, T, Arrival.Decoded> decoded) {
        String method = exchange.request().method().name();
        if (!method.equals("POST")) {
            OpenAiErrors.answer(exchange, new Problem.MethodNotAllowed(method, "POST"));
            return;
        }
        keyed.serve(
                exchange,
                () -> exchange.body(maxBodyBytes),
                body -> read(body, reader).map(read -> decoded.apply(exchange, read)),
                problem -> OpenAiErrors.answer(exchange, problem));
    }

    private <T> Future<T> read(Buffer body, Function<Buffer, T> reader) {
        return bodies.decode(body, () -> reader.apply(body));
    }

    private Arrival.Decoded completion(Exchange exchange, TextRequest read) {
        exchange.ignored(read.ignored());
        long created = clock.now().getEpochSecond();
        Caller caller =
                read.stream()
                        ? new TextStream(exchange, read, created)
                        : new TextAnswer(exchange, read, created);
        return new Arrival.Decoded(read.request(), caller);
    }

    private static Arrival.Decoded embedding(Exchange exchange, EmbeddingsReader.Embeddings read) {
        exchange.ignored(read.ignored());
        return new Arrival.Decoded(
                read.request(),
                new EmbeddingsAnswer(exchange, read.request().model(), read.base64()));
    }
}
